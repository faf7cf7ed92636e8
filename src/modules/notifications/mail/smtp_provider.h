// SmtpProvider: a mail server as a Provider, and the kind "smtp".
//
//   Outgoing ── compose_mail ── DkimSigner ── SmtpClient ──> SendResult
//
// Composing and signing happen within send(), on the caller's thread: some microseconds, and an RSA
// signature's half millisecond where one is wanted. A mail that cannot be composed (a line end in a
// subject) is kRefused with the reason as code.
//
// Callbacks: whoever receives the bounces posts each, as it came, with Content-Type message/rfc822;
// and, where callback_secret is set, Ashlar-Signature: the hexadecimal HMAC-SHA256 of the body by
// that secret. What it tells is mail_reports.h's; the same bounce twice tells the same twice, which
// its dedupe key sees to.
#pragma once

#include "modules/notifications/provider.h"

namespace ashlar::notifications {

ProviderKind smtp_kind();

}  // namespace ashlar::notifications
