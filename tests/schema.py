"""Gives every process of a test run a database of its own, of which only the first one migrates: the others copy it."""

import fcntl
from pathlib import Path

from django.db import connection


def copy_schema(lock: Path, worker: str) -> None:
    """Make this process's test database as a copy of one that is migrated once a run, and name it in the settings.

    Args:
        lock: an empty file of this run, by which its processes take turns.
        worker: which process this is, in letters and digits.
    """
    creation = connection.creation
    with lock.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        name = connection.settings_dict["NAME"]
        if file.read():
            connection.settings_dict["NAME"] = connection.settings_dict["TEST"]["NAME"] or f"test_{name}"
        else:
            creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
            file.write("made")
        # Nobody can copy a database that somebody uses, and SQLite has written everything to its file only now.
        connection.close()
        creation.clone_test_db(suffix=worker, verbosity=0)
        copy = creation.get_test_db_clone_settings(worker)["NAME"]
        connection.settings_dict["NAME"] = name
        connection.settings_dict["TEST"]["NAME"] = copy
