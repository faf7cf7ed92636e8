// Checkout: the sale of what is in stock, as a saga over four parties: the stock service, the card,
// the order service and the access service.
//
//   reserve ──> authorise ──> confirm ──> grant ──> capture (the pivot) ──> completed
//      │            │            │          │           └ refused, surely not taken: all is undone
//   release  <── cancel  <── unconfirm <── revoke  <── what is refused turns back ──> compensated
//
// The card is asked by Payments in this process, the others by HTTP (http_call.h): POST
// STOCK/reserve and /release, ORDER/confirm and /unconfirm, ACCESS/grant and /revoke, with
// {"checkout", "merchant_reference", "amount", "currency", "items", "payment"}.
//
// Promises
//  1. Of a merchant_reference a tenant has one checkout and one payment.
//  2. Nothing is captured unless the stock is reserved, the order confirmed and access granted.
//     What has turned back holds no money: its payment is canceled, which is final.
//  3. A declined card refuses: all is taken back, its payment canceled. An outcome that is unknown,
//     and a provider that is away, are failures: asked about, then tried again.
//  4. Nobody is there to authenticate: a card that needs it is declined.
//
// How a step that calls Payments stays one effect, whenever it dies: it looks first at the payment
// of the merchant_reference and does only what is left; it asks under a key of its step (create) or
// of the payment's number of events (all else), so that who has seen the same asks the same. A
// compensation that finds no payment makes one that was never confirmed, under the action's own
// key, and cancels that: an action that comes later gets its answer, and no money.
#pragma once

#include <memory>
#include <string>

#include "platform/http/route.h"
#include "platform/sagas/saga.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::obs {
class Registry;
}
namespace ashlar::sagas {
class Sagas;
}

namespace ashlar::payments {

class Payments;

inline constexpr std::string_view kCheckoutKind = "payments.checkout";

// The three others and what takes each back.
struct CheckoutCalls {
  sagas::CallStep reserve, release, confirm, unconfirm, grant, revoke;
};
// Its data: "request" (amount, currency in lower case, payment_method, merchant_reference, items),
// "mode" and "principal" (asks.h); authorise adds "payment". Payments and the database outlive it.
sagas::Definition checkout_definition(Payments& payments, storage::Database& db,
                                      CheckoutCalls calls);

// Defines the kind, where the three URLs are set, and has the client that calls them.
class Checkout {
 public:
  struct Options {
    std::string stock_url, order_url, access_url;  // any of them empty: checkout_unconfigured
    bool allow_private = false;                    // they may be on loopback
    std::uint64_t seed = 1;                        // of jitter
  };
  // All outlive it. Before the sagas' work_on().
  Checkout(Options options, Payments& payments, storage::Database& database,
           sagas::Sagas& all_sagas, const base::Clock& clock, obs::Registry& metrics);
  ~Checkout();  // stop()
  Checkout(const Checkout&) = delete;
  Checkout& operator=(const Checkout&) = delete;

  // Calls on their way end as failed. Before the sagas' runner stops. Idempotent.
  void stop();

  [[nodiscard]] bool configured() const;

  storage::Database& db;
  sagas::Sagas& sagas;

 private:
  struct Parties;
  std::unique_ptr<Parties> parties_;  // null: not configured
};

// POST /v1/checkouts, GET /v1/checkouts/{id}; scopes payments:write, payments:read. `checkout`
// outlives the table.
http::RouteTable checkout_routes(Checkout& checkout);

}  // namespace ashlar::payments
