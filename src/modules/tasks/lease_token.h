// LeaseToken: what a pull worker proves its lease with, as a text that only Ashlar can make.
//
//   text = base64url( id attempt deadline_ms lease_ms tag(16) )          numbers as varints
//   tag  = two SipHashes of tenant and the rest, under two keys of the installation
//
// The attempt in it is the fence: it names one lease for ever (platform/jobs/job.h, 1), so a worker
// whose lease went to another can do nothing with its token. A token is good for its tenant and
// task alone.
// Invariants: 1. read(make(x)) is x. 2. Any other text, or another tenant's, is nullopt. 3. No text
// is longer than kMaxBytes. Immutable; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/strong_id.h"
#include "base/time.h"
#include "kit/siphash.h"
#include "platform/jobs/job.h"

namespace ashlar::tasks {

struct LeaseToken {
  jobs::LeaseRef lease;
  base::Time deadline{};  // of the attempt, to the millisecond: no heartbeat reaches beyond it
  base::Millis time{0};   // that the lease was asked for: what a heartbeat gives that names none
};

class LeaseTokens {
 public:
  static constexpr std::size_t kSecretBytes = 32;
  static constexpr std::size_t kMaxBytes = 80;

  // REQUIRES: kSecretBytes bytes; the same for all instances.
  explicit LeaseTokens(std::string_view secret);

  [[nodiscard]] std::string make(base::TenantId tenant, const LeaseToken& token) const;
  [[nodiscard]] std::optional<LeaseToken> read(base::TenantId tenant, std::string_view text) const;

 private:
  [[nodiscard]] std::string tag(base::TenantId tenant, std::string_view body) const;

  kit::SipKey first_{};
  kit::SipKey second_{};
};

}  // namespace ashlar::tasks
