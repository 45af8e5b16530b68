"""What all tests share."""

pytest_plugins = (
    "tests.cluster",
    "tests.database",
    "tests.effort",
    "tests.installation",
    "tests.mail_server",
    "tests.nodes",
)
