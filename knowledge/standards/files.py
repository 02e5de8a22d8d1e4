"""Read a file that an editor wants to import, or say what is wrong with it and where."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

from knowledge.standards.draft import ImportProblem


def read_json(file: Path) -> object:
    """A file's JSON. Raises `ImportProblem` with the line where it ends to be JSON."""
    try:
        return json.loads(file.read_text("utf-8-sig"), parse_float=Decimal)
    except json.JSONDecodeError as error:
        raise ImportProblem(f"line {error.lineno}, column {error.colno}", f"not JSON: {error.msg}") from None
    except UnicodeDecodeError as error:
        raise ImportProblem(f"byte {error.start}", "not UTF-8; save the file as UTF-8") from None
    except OSError as error:
        raise ImportProblem("", f"the file cannot be read: {error.strerror}") from None
