"""What all tests share."""

from channels.telegram import quick_types

# Before any test imports aiogram: every worker would take seconds for it.
quick_types.load()

pytest_plugins = (
    "tests.logged",
    "tests.cluster",
    "tests.database",
    "tests.effort",
    "tests.installation",
    "tests.mail_server",
    "tests.nodes",
    "tests.order",
)
