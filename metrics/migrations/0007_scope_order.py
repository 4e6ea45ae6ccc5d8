from django.db import migrations, models
from django.db.models.functions import Collate


class Migration(migrations.Migration):
    dependencies = [
        ("metrics", "0006_definition_versions"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="scope",
            index=models.Index(models.F("kind"), Collate("code", "C"), name="metrics_scope_bytes"),
        ),
    ]
