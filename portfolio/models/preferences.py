"""How one person wants pages to be: language, theme, keys."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Preferences(models.Model):
    """What a person chose; it follows the person to every browser. Blank: never chosen, the browser decides."""

    class Theme(models.TextChoices):
        SYSTEM = "system", _("As the system")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preferences")
    language = models.CharField(_("language"), max_length=10, blank=True)
    theme = models.CharField(_("theme"), max_length=10, choices=Theme.choices, blank=True)
    # WCAG 2.1.4: a key without a modifier can be turned off.
    search_key = models.BooleanField(_("the key / leads to the search box"), default=True)

    class Meta:
        db_table = "portfolio_preferences"
        verbose_name = _("preferences")
        verbose_name_plural = _("preferences")
        constraints = [
            models.CheckConstraint(
                condition=Q(theme__in=["", "system", "light", "dark"]), name="preferences_theme_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.language} {self.theme}"
