"""The record of rights is only ever added to: the database refuses to change or delete its rows."""

from django.db import migrations

CREATE = """
CREATE FUNCTION portfolio_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON portfolio_rights_event
    FOR EACH ROW EXECUTE FUNCTION portfolio_append_only();
"""
DROP = """
DROP TRIGGER append_only ON portfolio_rights_event;
DROP FUNCTION portfolio_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("portfolio", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
