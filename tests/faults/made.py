"""`python -m tests.faults.made FOLDER`: databases that fault tests begin with, and what clean runs store over them.

`facts` holds the reference facts, `computed` also their values. `FOLDER/facts.json` and `FOLDER/update.json` are the
stored cells of a clean run over the facts, and over the facts with the second delivery.

`python -m tests.faults.made FOLDER SIZE` makes the same of the made-up company of a size, for drills: `facts_s`,
`computed_s` and `FOLDER/S.json`, beside the files of its facts in `FOLDER/S`.
"""

import json
import sys
from datetime import date
from pathlib import Path

from tests.faults.company import AS_OF, REFERENCE, cells_of


def sized(folder: Path, size: str) -> None:
    """Fill the empty database that DATABASE_URL names with the made-up company, and copy it once it is computed."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    call_command("seed_sample", size=size, as_of=date.fromisoformat(AS_OF), out=folder / size)
    call_command("import_facts", str(folder / size), json=True)
    url = "postgresql://epmo@/{NAME}?host={HOST}".format(**connection.settings_dict)
    facts = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = "postgres"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE computed_{size.lower()} TEMPLATE {facts}")
    connection.close()
    connection.settings_dict["NAME"] = f"computed_{size.lower()}"
    call_command("compute_metrics", full=True, json=True)
    connection.close()
    (folder / f"{size}.json").write_text(json.dumps(cells_of(url.replace(f"/{facts}?", f"/computed_{size.lower()}?"))))


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
    if sys.argv[2:]:
        sized(Path(sys.argv[1]), sys.argv[2])
    else:
        main(Path(sys.argv[1]))
