"""`python -m tests.faults.made FOLDER`: databases that fault tests begin with, and what clean runs store over them.

`facts` holds the reference facts, `computed` also their values. `FOLDER/facts.json` and `FOLDER/update.json` are the
stored cells of a clean run over the facts, and over the facts with the second delivery.
"""

import json
import sys
from pathlib import Path

from tests.faults.company import REFERENCE, cells_of


def main(folder: Path) -> None:
    """Fill the database that DATABASE_URL names, which is the one called `facts`."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    def make(name: str, template: str) -> None:
        connection.settings_dict["NAME"] = "postgres"
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        move(name)

    def move(name: str) -> None:
        connection.close()
        connection.settings_dict["NAME"] = name

    def keep(name: str) -> None:
        host = connection.settings_dict["HOST"]
        url = f"postgresql://epmo@/{connection.settings_dict['NAME']}?host={host}"
        (folder / name).write_text(json.dumps(cells_of(url)))

    call_command("migrate", verbosity=0)
    call_command("import_facts", str(REFERENCE / "facts"), json=True)
    connection.close()
    make("computed", "facts")
    call_command("compute_metrics", full=True, json=True)
    keep("facts.json")
    connection.close()
    make("updated", "facts")
    call_command("import_facts", str(REFERENCE / "update" / "facts"), json=True)
    call_command("compute_metrics", full=True, json=True)
    keep("update.json")
    connection.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
