#include "modules/notifications/mail/smtp_verdict.h"

#include <gtest/gtest.h>

#include <string>

namespace ashlar::notifications {
namespace {

using enum SmtpStage;
using enum Verdict;

TEST(SmtpVerdict, TheTable) {
  struct Case {
    SmtpStage stage;
    int code;
    const char* enhanced;
    Verdict verdict;
    ThrottleScope scope = ThrottleScope::kProvider;
  };
  const Case cases[] = {
      {kEnd, 250, "2.0.0", kAccepted},
      {kEnd, 250, "", kAccepted},
      // 4yz: later.
      {kRcpt, 450, "4.2.1", kRetry},
      {kRcpt, 452, "4.2.2", kRetry},
      {kRcpt, 451, "", kRetry},
      {kData, 451, "4.3.0", kRetry},
      {kEnd, 452, "4.3.1", kRetry},
      {kMail, 452, "4.3.1", kRetry},
      // 421 and 4.7.z: the domain; before a recipient is named, the provider.
      {kRcpt, 421, "4.7.0", kThrottled, ThrottleScope::kDomain},
      {kRcpt, 421, "", kThrottled, ThrottleScope::kDomain},
      {kRcpt, 450, "4.7.1", kThrottled, ThrottleScope::kDomain},
      {kRcpt, 451, "4.7.650", kThrottled, ThrottleScope::kDomain},
      {kEnd, 421, "4.7.28", kThrottled, ThrottleScope::kDomain},
      {kMail, 421, "", kThrottled},
      {kMail, 450, "4.7.1", kThrottled},
      {kGreeting, 421, "", kThrottled},
      {kEhlo, 421, "4.3.2", kThrottled},
      // The address.
      {kRcpt, 550, "5.1.1", kSuppress},
      {kRcpt, 550, "5.1.2", kSuppress},
      {kRcpt, 553, "5.1.3", kSuppress},
      {kRcpt, 551, "5.1.6", kSuppress},
      {kRcpt, 556, "5.1.10", kSuppress},
      {kRcpt, 556, "", kSuppress},
      {kEnd, 550, "5.1.1", kSuppress},
      {kRcpt, 550, "5.2.1", kSuppress},
      // Our sender's address.
      {kRcpt, 553, "5.1.7", kOurBug},
      {kRcpt, 550, "5.1.8", kOurBug},
      {kMail, 550, "5.1.0", kOurBug},
      {kMail, 553, "5.1.8", kOurBug},
      // A full mailbox.
      {kRcpt, 552, "5.2.2", kRetry},
      {kEnd, 552, "5.2.2", kRetry},
      {kRcpt, 552, "", kRetry},
      // Policy says nothing of the person.
      {kRcpt, 550, "5.7.1", kRefused},
      {kMail, 550, "5.7.1", kRefused},
      {kEnd, 554, "5.7.1", kRefused},
      {kEnd, 550, "5.7.26", kRefused},
      // Ours.
      {kMail, 552, "5.3.4", kOurBug},
      {kEnd, 552, "5.3.4", kOurBug},
      {kEnd, 552, "", kOurBug},
      {kEnd, 552, "5.2.3", kOurBug},
      {kMail, 501, "5.5.4", kOurBug},
      {kRcpt, 501, "", kOurBug},
      {kEnd, 554, "5.6.0", kOurBug},
      {kMail, 555, "", kOurBug},
      // Credentials.
      {kAuth, 535, "5.7.8", kCredential},
      {kAuth, 454, "4.7.0", kRetry},
      {kMail, 530, "5.7.0", kCredential},
      {kMail, 530, "", kCredential},
      {kRcpt, 535, "", kCredential},
      {kMail, 550, "5.7.9", kCredential},
      // The connection itself.
      {kGreeting, 554, "5.7.1", kCredential},
      {kGreeting, 521, "", kCredential},
      {kGreeting, 450, "", kRetry},
      {kEhlo, 550, "", kCredential},
      {kTls, 454, "", kRetry},
      {kTls, 502, "", kCredential},
      // Disorder.
      {kMail, 503, "5.5.1", kRetry},
      {kRcpt, 503, "", kRetry},
      {kData, 503, "", kRetry},
      {kMail, 354, "", kRetry},
      {kData, 250, "", kRetry},
      {kRcpt, 250, "", kRetry},
      // No more is known.
      {kRcpt, 550, "", kRefused},
      {kRcpt, 550, "5.0.0", kRefused},
      {kEnd, 554, "", kRefused},
      {kRcpt, 554, "5.4.4", kRefused},
      {kRcpt, 550, "5.1.9", kRefused},
      {kRcpt, 550, "5.1.0", kRefused},
      {kEnd, 550, "5.1.0", kRefused},
  };
  for (const Case& c : cases) {
    const SmtpVerdict verdict = judge_smtp(c.stage, c.code, c.enhanced);
    const std::string where =
        std::string(name_of(c.stage)) + " " + std::to_string(c.code) + " " + c.enhanced;
    EXPECT_EQ(static_cast<int>(verdict.verdict), static_cast<int>(c.verdict)) << where;
    EXPECT_EQ(static_cast<int>(verdict.scope), static_cast<int>(c.scope)) << where;
    EXPECT_EQ(verdict.retry_after.has_value(), c.verdict == kThrottled) << where;
  }
}

TEST(SmtpVerdict, OnlyTheEndOfTheDataCanBeAccepted) {
  for (int stage = 0; stage <= static_cast<int>(kEnd); ++stage) {
    for (int code = 200; code < 600; ++code) {
      const auto verdict = judge_smtp(static_cast<SmtpStage>(stage), code, "").verdict;
      EXPECT_EQ(verdict == kAccepted, stage == static_cast<int>(kEnd) && code < 300);
      EXPECT_NE(static_cast<int>(verdict), static_cast<int>(kAmbiguous)) << "an answer is certain";
      if (code >= 300) continue;
      EXPECT_TRUE(verdict == kAccepted || verdict == kRetry);
    }
  }
}

}  // namespace
}  // namespace ashlar::notifications
