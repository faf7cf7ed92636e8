// Flow: one request on its way, from its claim to its answer.
//
//   ask() ──unit: claim, act(), attempt row──┬─ no call ──> finished, answered
//                │ found: stored answer      └─ call ──send()──> provider ──> resolve()
//                └ found, lease over: take_over() ──query()──> resolve(), or send() again
//   inquire() ──unit: it is due──query()──> resolve(), or send() again            (nobody waits)
//   resolve() ──unit: outcome, events, journals, answer──> answered; or send() to the next provider
//
// A Flow lives as long as somebody may still call it back (shared_ptr); what it keeps between two
// steps is touched by one thread at a time: each step begins when the one before has ended.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "modules/payments/change.h"
#include "modules/payments/claims.h"
#include "modules/payments/desk.h"
#include "modules/payments/face.h"
#include "modules/payments/outcomes.h"

namespace ashlar::payments {

// What an operation makes of the payment, in its unit.
struct Turn {
  store::Renders renders = store::Renders::kPayment;
  std::string part;             // of the payment: what is answered with
  std::optional<NewCall> call;  // to be made before there is an answer
  bool created = false;
  bool deleted = false;
};
using Act = std::function<base::Status(Change&, Turn&)>;

class Flow : public std::enable_shared_from_this<Flow> {
 public:
  // Begins a request. `act` may run more than once.
  static void ask(Desk& desk, Asked asked, Act act, Done done);
  // Asks the provider about a call whose outcome is open, where that is due.
  static void inquire(Desk& desk, base::TenantId tenant, std::string call);

  Flow(Desk& desk, Asked asked, Act act, Done done);
  ~Flow();

 private:
  // Of the last run of a unit: what is to be done once it has committed.
  enum class Next : std::uint8_t { kReply, kSend, kQuery, kNothing };

  void begin();
  base::Status begin_unit(ledger::Booking& booking);
  base::Status take_over(ledger::Booking& booking, const Claim& found);
  base::Status keep_call(const NewCall& call, store::Renders renders);
  base::Status finish_at_once(const Turn& turn);

  void inquire_unit_then_query(std::string call);
  base::Status due_unit(ledger::Booking& booking, const std::string& call);

  void go_on(const base::Status& committed);
  void go_on_booked(const base::Status& committed);
  void send();
  void query();
  void on_query(ProviderAnswer answer);
  void send_again();
  void resolve(ProviderAnswer answer);
  base::Status resolve_unit(ledger::Booking& booking, const ProviderAnswer& answer);
  base::Status look_and_resolve(ledger::Booking& booking, const ProviderAnswer& answer);
  // False: the call is not as this saw it last; nothing is written.
  base::Result<bool> end_unit(ProviderAnswer answer, bool claimed);
  base::Status go_to_next(const NewCall& next, bool claimed);
  base::Status answer_and_finish(const Ending& ending, bool claimed);
  base::Status go_on_with_call(const store::AttemptRow& seen);
  base::Status already_resolved(bool claimed);
  base::Result<Answered> render(const Turn& turn, bool pending);
  base::Result<Answered> render_call(bool pending);
  void reply();

  [[nodiscard]] std::optional<base::Time> ask_again_at(const store::AttemptRow& row,
                                                       bool soon) const;
  [[nodiscard]] base::Mono call_deadline() const;
  [[nodiscard]] base::Time lease_end() const;

  Desk& desk_;
  Asked asked_;
  const Act act_;
  Done done_;  // empty: nobody waits

  // What follows is of the last run of a unit.
  Next next_ = Next::kNothing;
  std::unique_ptr<Change> change_;
  std::optional<base::Result<Answered>> answer_;
  std::optional<store::AttemptRow> row_;
  std::optional<store::AttemptRow> seen_;  // as the last commit of this left it; so seen_plan_
  CallPlan plan_, seen_plan_;
  std::optional<Claim> claim_;  // with the epoch under which this works
  bool counted_ = false;        // among those in flight
  bool of_a_sending_ = false;   // what is resolved: the answer to a submit(), not to a query()
};

}  // namespace ashlar::payments
