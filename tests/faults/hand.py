"""A Django process on a company's database that does what is sent to it, line by line.

Each line of its input is a JSON text with Python code; what the code leaves in `answer` goes back as one JSON line.
"""

import json
import traceback
from typing import IO, Any


def serve(lines: IO[str], out: IO[str]) -> None:
    """Serve until the input ends."""
    namespace: dict[str, Any] = {}
    for line in lines:
        namespace["answer"] = None
        try:
            exec(compile(json.loads(line), "<hand>", "exec"), namespace)
            answer = {"answer": namespace["answer"]}
        except BaseException:
            answer = {"error": traceback.format_exc()}
        out.write(json.dumps(answer, default=str) + "\n")
        out.flush()
