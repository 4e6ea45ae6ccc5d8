"""Who a session belongs to: the account together with the person's choices, in one query."""

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User


class WithPreferences(ModelBackend):
    """Log-in by user name; reads the choices with the account, so that no page asks for them again."""

    def get_user(self, user_id: int) -> User | None:
        """The account, None where it is gone or closed."""
        user = User.objects.select_related("preferences").filter(pk=user_id).first()
        return user if self.user_can_authenticate(user) else None


class AllauthWithPreferences(WithPreferences, AuthenticationBackend):
    """The same for log-ins by mail address or through the identity provider."""
