"""What the people's app tells others of. It must not know who listens."""

from django.dispatch import Signal

# Sent with `user`, in the transaction of the change: whatever was granted on the old password shall end.
password_changed = Signal()
