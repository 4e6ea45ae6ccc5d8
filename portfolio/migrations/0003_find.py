"""Incidents are many: found by the beginning of their code, and by the period in which they start."""

from django.db import migrations

CREATE = """
CREATE INDEX portfolio_incidents_code_start ON portfolio_incidents (lower(code) text_pattern_ops)
    WHERE deleted_at IS NULL;
CREATE INDEX portfolio_incidents_started ON portfolio_incidents (started_at) WHERE deleted_at IS NULL;
"""
DROP = """
DROP INDEX portfolio_incidents_started;
DROP INDEX portfolio_incidents_code_start;
"""


class Migration(migrations.Migration):
    dependencies = [("portfolio", "0002_append_only")]
    operations = [migrations.RunSQL(CREATE, DROP)]
