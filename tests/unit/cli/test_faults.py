"""No traceback: every error becomes what happened, what to do, and an exit code."""

import pytest
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError

from hub.cli.faults import Fault, explain
from hub.errors import Invalid, NotFound
from hub.settings import Settings


def test_an_error_of_ours_speaks_for_itself():
    assert explain(NotFound("No such thing.", remedy="Look elsewhere.")) == Fault(
        "No such thing.", "Look elsewhere.", 1
    )


def test_what_is_wrong_is_not_said_twice():
    fault = explain(Invalid("No such channel.", fields={"channel": "No such channel."}))
    assert fault.message == "No such channel.\n  at channel"


def test_the_fields_at_fault_are_named():
    fault = explain(Invalid("The settings are not right.", fields={"settings.port": "A number."}))
    assert fault.message == "The settings are not right.\n  settings.port: A number."


def test_a_wrong_environment_is_wrong_usage_and_names_the_variable(monkeypatch):
    monkeypatch.setenv("HUB_PORT", "eighty")
    with pytest.raises(ValidationError) as raised:
        Settings()
    fault = explain(raised.value)
    assert "HUB_PORT" in fault.message
    assert "eighty" not in fault.message
    assert fault.code == 2


def test_the_first_error_of_a_group_counts():
    group = BaseExceptionGroup("loops", [BaseExceptionGroup("one", [NotFound("This one.")])])
    assert explain(group).message == "This one."


def test_the_database_is_quoted_without_the_statement():
    fault = explain(OperationalError("SELECT secret", {}, Exception("disk full")))
    assert "disk full" in fault.message
    assert "secret" not in fault.message


def test_a_missing_file_is_named():
    error = FileNotFoundError(2, "No such file or directory", "rules.yaml")
    assert explain(error).message == "rules.yaml: No such file or directory"


def test_what_should_not_happen_asks_for_a_report():
    fault = explain(ZeroDivisionError("division by zero"))
    assert "ZeroDivisionError" in fault.message
    assert "--debug" in fault.remedy
