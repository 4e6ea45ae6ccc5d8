"""`python -m tests.faults.hand`: a Django process on a company's database that does what is sent to it, line by line.

Each line of its input is a JSON text with Python code; what the code leaves in `answer` goes back as one JSON line.
"""

import json
import sys
import traceback
from typing import Any


def main() -> None:
    """Serve until the input ends."""
    import django

    django.setup()
    out, sys.stdout = sys.stdout, sys.stderr
    namespace: dict[str, Any] = {}
    for line in sys.stdin:
        namespace["answer"] = None
        try:
            exec(compile(json.loads(line), "<hand>", "exec"), namespace)
            answer = {"answer": namespace["answer"]}
        except BaseException:
            answer = {"error": traceback.format_exc()}
        out.write(json.dumps(answer, default=str) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
