// SmtpVerdict: what a mail server's answer means for the message, for the person and for the
// provider, by the answer's code, its enhanced code (RFC 3463) and where in the dialogue it came.
//
// By the rows of the table in smtp_verdict.cc; in short:
//   the connection's own   4yz retry; 421 throttle the provider; 5yz credential: nothing of this
//                          provider will get through until a person looks
//   421, 4.7.z             throttle the recipient's domain (before RCPT: the provider); 4yz retry
//   5.1.z, 5.2.1, 556      suppress the address; but 5.1.7, 5.1.8, and 5.1.z to MAIL: our sender
//   5.2.2                  retry: a full mailbox may be emptied
//   5.7.z                  refused by policy: says nothing about the person, who stays unsuppressed
//   5.3.4, 5.2.3, 552, 5.5.z, 5.6.z, 50z   our bug: too large, wrong syntax, wrong content
//   530, 534, 535, 538, 5.7.8, 5.7.9       credential
//   503                    retry, on a new connection: the two have lost each other
//   other 5yz              refused; 550 alone too, which may mean policy as well as nobody there
// Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "modules/notifications/channel.h"

namespace ashlar::notifications {

// Where in the dialogue an answer came, or did not.
enum class SmtpStage : std::uint8_t {
  kConnect,
  kGreeting,
  kEhlo,
  kTls,
  kAuth,
  kMail,
  kRcpt,
  kData,
  kEnd,  // after the final dot
};
std::string_view name_of(SmtpStage stage);

struct SmtpVerdict {
  Verdict verdict = Verdict::kRetry;
  ThrottleScope scope = ThrottleScope::kProvider;
  std::optional<base::Millis> retry_after{};
};

// `enhanced`: "5.1.1", or empty. A code that does not belong where it came (3yz to MAIL, 2yz to
// DATA) is a server's disorder: retry.
SmtpVerdict judge_smtp(SmtpStage stage, int code, std::string_view enhanced);

}  // namespace ashlar::notifications
