"""How right Dalil is on labelled messages: `dalil evaluate`, `make evaluate` (tests/evaluation/README.md)."""
