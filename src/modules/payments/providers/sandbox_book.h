// SandboxBook: that part of the sandbox's book that one batch of calls needs, in memory: loaded
// before (sandbox_store.h), changed by the rules (sandbox_rules.h), written after. No SQL here, no
// rules.
//
// Rows are found by tenant and reference or key; what is not found is nobody's. References to rows
// stay valid until the book goes. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "modules/payments/providers/provider.h"

namespace ashlar::payments {

struct SandboxCall {
  ProviderOp op = ProviderOp::kAuthorize;
  std::int64_t asked = 0;  // how often it was submitted
  // Where the answer is kNotDone: what was sent before is not done any more. Since 1970: no fence.
  base::Time fence{};
  base::Time at{};
  ProviderAnswer answer;
  std::string terms;  // op, amount, currency, reference: another call under the key is refused
};

enum class SandboxKind : std::uint8_t { kCharge, kRefund, kDispute, kPayout, kBalance, kLate };
enum class SandboxState : std::uint8_t {
  kOpen,      // charge: authorised; refund, payout: on their way; dispute: evidence wanted
  kAsking,    // charge: the customer is asked
  kReview,    // dispute: evidence is being looked at
  kDone,      // charge: captured, the rest released; refund, payout: done; dispute: won
  kFailed,    // charge: declined; refund, payout: failed; dispute: lost
  kReleased,  // charge: canceled or run out before anything was captured
};

// One row for all kinds: what a kind does not have stays as it is here.
struct SandboxObject {
  SandboxKind kind = SandboxKind::kCharge;
  SandboxState state = SandboxState::kOpen;
  std::string key;       // of the call that made it
  std::string charge;    // what a refund or dispute is of
  std::string token;     // charge: the card; payout: the account
  std::string currency;  // of all but kLate
  std::string reason;    // dispute, and why something failed
  std::int64_t amount = 0;
  std::int64_t captured = 0, refunded = 0, disputed = 0;  // charge
  std::int64_t fee = 0;                                   // dispute
  std::int64_t parts = 0;                                 // charge: captures so far
  bool capture = false;                                   // charge: as soon as authorised
  bool wins = false;                                      // dispute: by its evidence
  base::Time at{};
  std::optional<base::Time> until{};   // charge: expires; dispute: evidence
  std::optional<base::Time> due_at{};  // something becomes of it by itself then
  std::string call;                    // kLate: the call, as JSON; `at`: when it was sent
};

enum class MoveKind : std::uint8_t {
  kCapture,
  kRefund,
  kRefundFailure,
  kDispute,
  kDisputeReversal,
  kPayout,
  kPayoutFailure
};
inline constexpr std::size_t kMoveKinds = 7;
std::string_view to_text(MoveKind kind);  // "dispute_reversal"

// Money that has moved, for ever.
struct SandboxMove {
  base::TenantId tenant{};
  std::string id{};
  MoveKind kind = MoveKind::kCapture;
  std::string key{}, reference{}, about{};
  std::int64_t gross = 0;  // to us: negative where it goes from us
  std::int64_t fee = 0;    // taken off that; negative where it comes back
  std::string currency{};
  base::Time at{};
};

class SandboxBook {
 public:
  using Place = std::pair<base::TenantId, std::string>;  // whose, key or reference
  template <class T>
  struct Row {
    T value;
    bool dirty = false;
  };
  template <class T>
  using Rows = std::map<Place, Row<T>>;

  // As loaded.
  void load_call(base::TenantId tenant, std::string key, SandboxCall call);
  void load_object(base::TenantId tenant, std::string reference, SandboxObject object);

  [[nodiscard]] const SandboxCall* call(base::TenantId tenant, const std::string& key) const;
  [[nodiscard]] const SandboxObject* object(base::TenantId tenant,
                                            const std::string& reference) const;
  // To be changed: written afterwards. Made where there is none.
  SandboxCall& change_call(base::TenantId tenant, const std::string& key);
  SandboxObject& change_object(base::TenantId tenant, const std::string& reference);

  void add_move(SandboxMove move);
  void add_notice(ProviderNotice notice) { notices_.push_back(std::move(notice)); }

  [[nodiscard]] const Rows<SandboxCall>& calls() const { return calls_; }
  [[nodiscard]] const Rows<SandboxObject>& objects() const { return objects_; }
  [[nodiscard]] const std::vector<SandboxMove>& moves() const { return moves_; }
  [[nodiscard]] const std::vector<ProviderNotice>& notices() const { return notices_; }

  // The reference of a tenant's balance in a currency: an object like any other.
  static std::string balance_reference(std::string_view currency);

 private:
  Rows<SandboxCall> calls_;
  Rows<SandboxObject> objects_;
  std::vector<SandboxMove> moves_;
  std::vector<ProviderNotice> notices_;
};

// As rows hold them. Errors: kInternal sandbox_damaged.
std::string to_json(const SandboxCall& call);  // answer and terms
base::Status read_json(std::string_view text, SandboxCall& call);
std::string to_json(const SandboxObject& object);  // all but due_at
base::Result<SandboxObject> object_of_json(std::string_view text);
std::string to_json(const ProviderCall& call);  // a late one; its deadline is over
base::Result<ProviderCall> call_of_json(std::string_view text);

}  // namespace ashlar::payments
