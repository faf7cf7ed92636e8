#include "modules/notifications/mail/smtp_verdict.h"

#include <array>

namespace ashlar::notifications {
namespace {

constexpr base::Millis kThrottle{60'000};  // where nobody says how long
constexpr int kAny = 0;

// The first row that fits decides. `enhanced`: whole ("5.1.1"), or the beginning of it ("5.1.");
// empty: whatever it is. `code`: kAny, or the whole one.
struct Row {
  SmtpStage from;
  SmtpStage to;
  int code;
  std::string_view enhanced;
  Verdict verdict;
};

using enum SmtpStage;
constexpr std::array kPermanent = {
    // Ours, not the reader's: the provider does not know us, or not any more.
    Row{kMail, kEnd, 530, "", Verdict::kCredential},
    Row{kMail, kEnd, 534, "", Verdict::kCredential},
    Row{kMail, kEnd, 535, "", Verdict::kCredential},
    Row{kMail, kEnd, 538, "", Verdict::kCredential},
    Row{kMail, kEnd, kAny, "5.7.8", Verdict::kCredential},
    Row{kMail, kEnd, kAny, "5.7.9", Verdict::kCredential},
    Row{kMail, kEnd, 503, "", Verdict::kRetry},
    Row{kMail, kMail, kAny, "5.1.", Verdict::kOurBug},
    Row{kRcpt, kEnd, kAny, "5.1.7", Verdict::kOurBug},
    Row{kRcpt, kEnd, kAny, "5.1.8", Verdict::kOurBug},
    Row{kRcpt, kEnd, kAny, "5.1.9", Verdict::kRefused},
    Row{kRcpt, kEnd, kAny, "5.1.0", Verdict::kRefused},  // "other": not that there is none
    Row{kRcpt, kEnd, kAny, "5.1.", Verdict::kSuppress},
    Row{kRcpt, kEnd, kAny, "5.2.1", Verdict::kSuppress},
    Row{kMail, kEnd, kAny, "5.2.2", Verdict::kRetry},
    Row{kMail, kEnd, kAny, "5.2.3", Verdict::kOurBug},
    Row{kMail, kEnd, kAny, "5.3.4", Verdict::kOurBug},
    Row{kMail, kEnd, kAny, "5.5.", Verdict::kOurBug},
    Row{kMail, kEnd, kAny, "5.6.", Verdict::kOurBug},
    Row{kMail, kEnd, kAny, "5.7.", Verdict::kRefused},
    Row{kRcpt, kRcpt, 552, "", Verdict::kRetry},  // said of the mailbox, not of the mail
    Row{kMail, kEnd, 552, "", Verdict::kOurBug},
    Row{kRcpt, kRcpt, 556, "", Verdict::kSuppress},  // the domain takes no mail (RFC 7504)
    Row{kMail, kEnd, 500, "", Verdict::kOurBug},
    Row{kMail, kEnd, 501, "", Verdict::kOurBug},
    Row{kMail, kEnd, 502, "", Verdict::kOurBug},
    Row{kMail, kEnd, 504, "", Verdict::kOurBug},
    Row{kMail, kEnd, 555, "", Verdict::kOurBug},
    Row{kMail, kEnd, kAny, "", Verdict::kRefused},
    Row{kConnect, kAuth, kAny, "", Verdict::kCredential},
};

bool fits(const Row& row, SmtpStage stage, int code, std::string_view enhanced) {
  if (stage < row.from || stage > row.to) return false;
  if (row.code != kAny && row.code != code) return false;
  return row.enhanced.ends_with('.') ? enhanced.starts_with(row.enhanced)
                                     : row.enhanced.empty() || enhanced == row.enhanced;
}

SmtpVerdict transient(SmtpStage stage, int code, std::string_view enhanced) {
  const bool throttled = code == 421 || (stage >= kMail && enhanced.starts_with("4.7."));
  if (!throttled) return {.verdict = Verdict::kRetry};
  // Before RCPT a server does not know the domain: it speaks of us.
  const bool domain = stage >= kRcpt;
  return {.verdict = Verdict::kThrottled,
          .scope = domain ? ThrottleScope::kDomain : ThrottleScope::kProvider,
          .retry_after = kThrottle};
}

}  // namespace

std::string_view name_of(SmtpStage stage) {
  static constexpr std::array<std::string_view, 9> kNames = {
      "connect", "greeting", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "end of data"};
  return kNames[static_cast<std::size_t>(stage)];
}

SmtpVerdict judge_smtp(SmtpStage stage, int code, std::string_view enhanced) {
  if (code / 100 == 4) return transient(stage, code, enhanced);
  if (code / 100 == 5) {
    for (const Row& row : kPermanent) {
      if (fits(row, stage, code, enhanced)) return {.verdict = row.verdict};
    }
  }
  if (code / 100 == 2 && stage == kEnd) return {.verdict = Verdict::kAccepted};
  return {.verdict = Verdict::kRetry};
}

}  // namespace ashlar::notifications
