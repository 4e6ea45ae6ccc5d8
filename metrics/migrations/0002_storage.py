"""Staging tables of stored values: unlogged (a crash costs a chunk's rows, and runs count them)."""

from django.db import migrations

FORWARD = """
CREATE UNLOGGED TABLE metrics_series_staging (run_id integer NOT NULL, chunk smallint NOT NULL, LIKE metrics_series);
CREATE INDEX metrics_series_staging_run ON metrics_series_staging (run_id, chunk);
CREATE UNLOGGED TABLE metrics_contribution_staging (
    run_id integer NOT NULL, chunk smallint NOT NULL, LIKE metrics_contribution
);
CREATE INDEX metrics_contribution_staging_run ON metrics_contribution_staging (run_id, chunk);
"""

BACKWARD = "DROP TABLE metrics_series_staging; DROP TABLE metrics_contribution_staging;"


class Migration(migrations.Migration):
    dependencies = [("metrics", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
