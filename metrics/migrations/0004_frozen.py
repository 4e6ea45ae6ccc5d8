"""A published scorecard is never changed or removed, and records only grow: kept by triggers, whoever writes."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION metrics_scorecard_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'published' THEN
        RAISE EXCEPTION 'scorecard % is published and cannot be changed', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER metrics_scorecard_keep BEFORE UPDATE OR DELETE ON metrics_scorecard
    FOR EACH ROW EXECUTE FUNCTION metrics_scorecard_keep();
CREATE FUNCTION metrics_record_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the record is only added to' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER metrics_scorecardevent_keep BEFORE UPDATE OR DELETE ON metrics_scorecardevent
    FOR EACH ROW EXECUTE FUNCTION metrics_record_keep();
CREATE TRIGGER metrics_decisionchange_keep BEFORE UPDATE OR DELETE ON metrics_decisionchange
    FOR EACH ROW EXECUTE FUNCTION metrics_record_keep();
"""

BACKWARD = """
DROP TRIGGER metrics_decisionchange_keep ON metrics_decisionchange;
DROP TRIGGER metrics_scorecardevent_keep ON metrics_scorecardevent;
DROP FUNCTION metrics_record_keep();
DROP TRIGGER metrics_scorecard_keep ON metrics_scorecard;
DROP FUNCTION metrics_scorecard_keep();
"""


class Migration(migrations.Migration):
    dependencies = [("metrics", "0003_scorecards")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
