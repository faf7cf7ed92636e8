// MailReports: what a bounce (delivery status notification, RFC 3464) or a reader's complaint
// (feedback report, RFC 5965) tells about a mail of ours.
//
//   failed, 5.1.z, 5.2.1 …   kHardBounce: the address is to be suppressed
//   failed, anything else    kFailed (a full mailbox, policy, time is up)
//   delivered                kDelivered; delayed, relayed, expanded: nothing
//   complaint: abuse, fraud  kComplaint; any other kind of feedback: nothing
// The same rules as for an answer in the dialogue (smtp_verdict.h) say which code means which.
//
// Which mail it is about: the return path that it came to, else the envelope id, else the
// Message-ID of what it encloses. A report that names none of ours tells nothing, and neither does
// a mail that is no report (an automatic reply).
//
// Reads what strangers send, in the bounds of mime_reader.h. Anybody can write such a mail: that it
// comes from where bounces come from is the caller's to see to. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "modules/notifications/provider.h"

namespace ashlar::notifications {

struct MailCorrelation {
  std::string sender_domain;       // right of the @ of our Message-IDs
  std::string return_path_domain;  // empty: not used
};

std::vector<Report> read_mail_reports(std::string_view mail, const MailCorrelation& ours);

}  // namespace ashlar::notifications
