// CampaignOutcomes: what became of each member of one chunk, as bit planes: what its worker writes
// down. CampaignReports: what providers told of them afterwards, which comes from elsewhere and at
// any time, so it is kept apart.
//
//              begin                    sent, skip, fail
//   [waiting] ───────> [waiting, begun] ────────────────> [sent] [skipped] [failed (unknown)]
//    ^  ^  │ skip, fail   │   │  └ later: an attempt was made, another comes       │
//    │  └──┼──────────────┘   └─ withdraw: none was made                           │
//    │     └─ put_off: not before then                                             │
//    └───────────────────────── retry_failed ──────────────────────────────────────┘
//   lose(): whoever opens the chunk finds begun ones: their answers are lost. [in doubt]
//
// Invariants (checked by decode())
//  1. Sent, skipped and failed exclude one another; who is none of them waits.
//  2. Begun and in doubt are of those that wait; unknown ones are of the failed.
//  3. In doubt: an attempt whose answer was lost, or ambiguous, may have handed it over. Only
//     provider(i), who made it, is asked again. Cleared by an end.
//  4. Repeated: an attempt was made, or may have been, while another was in doubt. Stays for ever.
//  5. Opened ones are delivered; who was delivered has not bounced.
//
// `i` counts from 0. REQUIRES: i < size(), and the state that each function names. Pure values, not
// thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/notifications/campaigns/campaign.h"
#include "modules/notifications/notification.h"

namespace ashlar::notifications {

inline constexpr std::size_t kChunkMembers = 500;

class CampaignOutcomes {
 public:
  enum class End : std::uint8_t { kNone, kSent, kSkipped, kFailed };
  static constexpr std::size_t kMaxReasonBytes = 64;
  static constexpr std::size_t kMaxReasons = 255;  // different ones; what is more is "other"

  explicit CampaignOutcomes(std::size_t members = 0);

  [[nodiscard]] std::size_t size() const { return members_; }
  [[nodiscard]] End end_of(std::size_t i) const;
  [[nodiscard]] bool waits(std::size_t i) const { return end_of(i) == End::kNone; }
  [[nodiscard]] bool begun(std::size_t i) const { return has(kBegun, i); }
  [[nodiscard]] bool in_doubt(std::size_t i) const { return has(kDoubt, i); }
  [[nodiscard]] bool unknown(std::size_t i) const { return has(kUnknown, i); }
  [[nodiscard]] bool repeated(std::size_t i) const { return has(kRepeated, i); }
  // Why it is skipped, failed or put off; empty: it is not.
  [[nodiscard]] std::string_view reason(std::size_t i) const;
  // Of who waits: attempts that ended without an end (at most 255), when the next may be, by whom
  // the last was made.
  [[nodiscard]] std::int64_t rounds(std::size_t i) const { return pending_[i].rounds; }
  [[nodiscard]] std::optional<base::Time> not_before(std::size_t i) const;
  [[nodiscard]] ProviderId provider(std::size_t i) const { return pending_[i].provider; }

  // Waiting, not begun. The commit that holds this comes before anything is handed over.
  // `provider`: who will be asked (unset: not known yet, set_provider() comes before that commit).
  void begin(std::size_t i, ProviderId provider = {});
  // Begun: another one is asked now. Must be committed before that one is.
  void set_provider(std::size_t i, ProviderId provider);
  // Begun. It was not handed to anybody: no attempt.
  void withdraw(std::size_t i, std::string_view reason, base::Time not_before);
  // Begun. An attempt was made and comes again; maybe_sent: that one may have handed it over.
  void later(std::size_t i, std::string_view reason, base::Time not_before, bool maybe_sent);
  // Waiting, not begun: a rule, or a wait, holds it back.
  void put_off(std::size_t i, std::string_view reason, base::Time not_before);
  // Waiting (begun: the attempt has ended so).
  void sent(std::size_t i);
  void skip(std::size_t i, std::string_view reason);
  void fail(std::size_t i, std::string_view reason, bool maybe_sent = false);
  // Failed, unknown: a report says that it arrived.
  void found_sent(std::size_t i);

  // Begun ones are in doubt from now on. How many.
  std::size_t lose();
  // Failed ones wait again, from their first attempt on; unknown ones, in doubt, only if
  // `unknown_too`. How many.
  std::size_t retry_failed(bool unknown_too);
  // Who waits is skipped; who is begun or in doubt has failed, unknown.
  std::size_t cancel(std::string_view reason);

  // The first moment at which one of those that wait may go; nullopt: none waits. Those of no
  // not_before: base::Time{}.
  [[nodiscard]] std::optional<base::Time> next_due() const;

  // Counts without audience's reports; reasons of all that have one. `variants`: of each member,
  // -1 none; empty: there are none.
  struct Tally {
    CampaignCounts all;
    std::vector<CampaignCounts> variants;
    std::map<std::string, std::int64_t, std::less<>> reasons;
  };
  [[nodiscard]] CampaignCounts counts() const;
  [[nodiscard]] Tally tally(std::span<const int> variants, std::size_t variant_count) const;

  [[nodiscard]] std::string encode() const;
  // `members` as the chunk says. An empty blob: all wait. kInternal campaign_outcomes_damaged.
  static base::Result<CampaignOutcomes> decode(std::string_view blob, std::size_t members);

  friend bool operator==(const CampaignOutcomes& a, const CampaignOutcomes& b);

 private:
  enum Plane : std::uint8_t { kBegun, kSent, kSkipped, kFailed, kUnknown, kRepeated, kDoubt };
  static constexpr std::size_t kPlanes = 7;
  struct Pending {
    std::uint8_t rounds = 0;
    std::int64_t not_before = 0;  // microseconds; 0: now
    ProviderId provider;
    friend bool operator==(const Pending&, const Pending&) = default;
  };

  [[nodiscard]] bool has(Plane plane, std::size_t i) const {
    return (planes_[plane][i / 64] >> (i % 64) & 1U) != 0;
  }
  void set(Plane plane, std::size_t i, bool on = true);
  void set_reason(std::size_t i, std::string_view reason);
  void end(std::size_t i, Plane how, std::string_view reason);
  void attempt_ends(std::size_t i);
  [[nodiscard]] bool keeps_the_laws() const;
  [[nodiscard]] CampaignCounts count_of(std::size_t i) const;
  void encode_pending(std::string& out) const;
  bool decode_pending(std::string_view& rest);

  std::size_t members_ = 0;
  std::array<std::vector<std::uint64_t>, kPlanes> planes_;
  std::vector<std::uint8_t> reasons_;  // of each: its place in texts_, from 1; 0: none
  std::vector<std::string> texts_;
  std::vector<Pending> pending_;
};

class CampaignReports {
 public:
  enum class Kind : std::uint8_t { kDelivered, kOpened, kBounced };

  explicit CampaignReports(std::size_t members = 0);

  [[nodiscard]] std::size_t size() const { return members_; }
  [[nodiscard]] bool has(Kind kind, std::size_t i) const;
  // Whether it is news: ranked, so that what is known already, or outranked, changes nothing.
  bool mark(Kind kind, std::size_t i);
  // Delivered, opened, bounced alone.
  [[nodiscard]] CampaignCounts counts() const;
  [[nodiscard]] std::vector<CampaignCounts> by_variant(std::span<const int> variants,
                                                       std::size_t variant_count) const;

  [[nodiscard]] std::string encode() const;
  // kInternal campaign_outcomes_damaged.
  static base::Result<CampaignReports> decode(std::string_view blob, std::size_t members);

  friend bool operator==(const CampaignReports&, const CampaignReports&) = default;

 private:
  std::size_t members_ = 0;
  std::array<std::vector<std::uint64_t>, 3> planes_;
};

// As a recipient's row of a list says it: "waiting", "skipped", "failed", "unknown", "sent",
// "delivered", "opened", "bounced".
std::string_view member_state(const CampaignOutcomes& outcomes, const CampaignReports& reports,
                              std::size_t i);

}  // namespace ashlar::notifications
