"""The last mail to a reader who was erased: sent from memory, for nothing of them is kept to send it from."""

from __future__ import annotations

import logging
from email.utils import parseaddr

from newsletter.delivery.letter import system_letter
from newsletter.delivery.message import message_id, to_bytes
from newsletter.delivery.reply import Outcome
from newsletter.delivery.smtp import first_that_answers
from newsletter.errors import NewsletterError
from newsletter.rendering.notice import erased_notice
from newsletter.subscribers.address import wire_address
from newsletter.subscribers.token import new_handle
from newsletter.workflows.drain import TIMEOUT_S
from newsletter.workflows.workplace import Workplace

logger = logging.getLogger(__name__)


def say_goodbye(workplace: Workplace, address: str, *, newsletter: str, language: str = "") -> bool:
    """Tell *address* that it was erased, in one attempt; False, and a line in the log, when that failed.

    A mail that is tried again would have to be kept, with the address.
    """
    settings = workplace.settings
    if not settings.every_relay:
        return False
    own = settings.newsletter(newsletter)
    if language:
        own = own.model_copy(update={"language": language})
    sender = parseaddr(own.sender)[1]
    mail_id = message_id(workplace.keyring, "erased", new_handle().hex(), domain=sender.rpartition("@")[2])
    try:
        letter = system_letter(
            erased_notice(settings, own),
            own,
            recipient=address,
            sent_at=workplace.clock.now(),
            message_id=mail_id,
        )
        with first_that_answers(settings.every_relay, timeout_s=TIMEOUT_S) as relay:
            reply = relay.send(
                envelope_from=settings.return_path or sender,
                recipient=wire_address(address),
                message=to_bytes(letter, signer=workplace.signer(own)),
            )
    except NewsletterError as error:
        # The error may quote the address.
        logger.warning("the last mail to an erased reader was not sent: %s", type(error).__name__)
        return False
    if reply.outcome is not Outcome.ACCEPTED:
        logger.warning("the last mail to an erased reader was not taken: %s %s", reply.code, reply.status)
    return reply.outcome is Outcome.ACCEPTED
