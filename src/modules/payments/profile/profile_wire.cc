// THE table of the profile.
#include <memory>
#include <utility>

#include "modules/payments/payments_module.h"
#include "modules/payments/profile/endpoints_api.h"
#include "modules/payments/profile/profile_api.h"
#include "modules/payments/profile/profile_module.h"

namespace ashlar::payments::profile {
namespace {

using http::Call;
using http::Method;

// A provider's call may take the greater part of it.
constexpr base::Millis kDeadline{30'000};
constexpr std::size_t kMostBody = 128 * 1024;
constexpr int kReadCost = 1;
constexpr int kWriteCost = 2;
constexpr int kMoneyCost = 5;

http::Route row(Method method, std::string_view path, int cost, http::Handler handler) {
  const bool reads = method == Method::kGet;
  http::Route route{.method = method,
                    .path = path,
                    .summary = {"A row of the card-API profile"},
                    .module = {"payments_profile"},
                    .tenancy = http::Tenancy::kTenant,
                    .scope = {reads ? "payments:read" : "payments:write"},
                    .cost = cost,
                    .idempotency = http::Idempotency::kNatural,
                    .deadline = kDeadline,
                    .handler = std::move(handler)};
  // The handler honours keys itself: the core keeps what was answered.
  route.raw_body = true;
  route.raw_query = true;
  route.max_body_bytes = kMostBody;
  route.documented = false;
  return route;
}

using Api = std::shared_ptr<const ProfileApi>;
using Endpoints = std::shared_ptr<const EndpointsApi>;
using LateRow = base::Status (ProfileApi::*)(Call&, Late) const;
using ReadRow = base::Result<http::Response> (ProfileApi::*)(Call&) const;
using EndpointRow = base::Result<http::Response> (EndpointsApi::*)(Call&) const;

class Table {
 public:
  Table(Api api, Endpoints endpoints) : api_(std::move(api)), endpoints_(std::move(endpoints)) {}

  void get(std::string_view path, ReadRow function) {
    rows_.push_back(
        row(Method::kGet, path, kReadCost, http::WorkerHandler([api = api_, function](Call& call) {
              return ((*api).*function)(call);
            })));
  }
  void change(Method method, std::string_view path, int cost, LateRow function) {
    rows_.push_back(
        row(method, path, cost, http::LateHandler([api = api_, function](Call& call, Late late) {
              return ((*api).*function)(call, std::move(late));
            })));
  }
  void post(std::string_view path, LateRow function) {
    change(Method::kPost, path, kWriteCost, function);
  }
  void money(std::string_view path, LateRow function) {
    change(Method::kPost, path, kMoneyCost, function);
  }
  void endpoint(Method method, std::string_view path, EndpointRow function) {
    rows_.push_back(row(method, path, method == Method::kGet ? kReadCost : kWriteCost,
                        http::WorkerHandler([api = endpoints_, function](Call& call) {
                          return ((*api).*function)(call);
                        })));
  }
  http::RouteTable take() { return std::move(rows_); }

 private:
  const Api api_;
  const Endpoints endpoints_;
  http::RouteTable rows_;
};

void add_payments(Table& table) {
  table.get("/v1/payment_intents", &ProfileApi::list_intents);
  table.money("/v1/payment_intents", &ProfileApi::create_intent);
  table.get("/v1/payment_intents/{id}", &ProfileApi::get_intent);
  table.post("/v1/payment_intents/{id}", &ProfileApi::update_intent);
  table.money("/v1/payment_intents/{id}/confirm", &ProfileApi::confirm_intent);
  table.money("/v1/payment_intents/{id}/capture", &ProfileApi::capture_intent);
  table.money("/v1/payment_intents/{id}/cancel", &ProfileApi::cancel_intent);
  table.get("/v1/charges", &ProfileApi::list_charges);
  table.get("/v1/charges/{id}", &ProfileApi::get_charge);
  table.post("/v1/charges/{id}", &ProfileApi::update_charge);
  table.money("/v1/charges/{id}/capture", &ProfileApi::capture_charge);
  table.get("/v1/refunds", &ProfileApi::list_refunds);
  table.money("/v1/refunds", &ProfileApi::create_refund);
  table.get("/v1/refunds/{id}", &ProfileApi::get_refund);
  table.post("/v1/refunds/{id}", &ProfileApi::update_refund);
  table.money("/v1/refunds/{id}/cancel", &ProfileApi::cancel_refund);
  table.get("/v1/disputes", &ProfileApi::list_disputes);
  table.get("/v1/disputes/{id}", &ProfileApi::get_dispute);
  table.post("/v1/disputes/{id}", &ProfileApi::update_dispute);
  table.money("/v1/disputes/{id}/close", &ProfileApi::close_dispute);
}

void add_customers(Table& table) {
  table.get("/v1/customers", &ProfileApi::list_customers);
  table.post("/v1/customers", &ProfileApi::create_customer);
  table.get("/v1/customers/{id}", &ProfileApi::get_customer);
  table.post("/v1/customers/{id}", &ProfileApi::update_customer);
  table.change(Method::kDelete, "/v1/customers/{id}", kWriteCost, &ProfileApi::delete_customer);
  table.get("/v1/customers/{id}/payment_methods", &ProfileApi::list_methods);
  table.get("/v1/customers/{id}/payment_methods/{method}", &ProfileApi::get_method);
  table.get("/v1/payment_methods", &ProfileApi::list_methods);
  table.post("/v1/payment_methods", &ProfileApi::create_method);
  table.get("/v1/payment_methods/{id}", &ProfileApi::get_method);
  table.post("/v1/payment_methods/{id}", &ProfileApi::update_method);
  table.post("/v1/payment_methods/{id}/attach", &ProfileApi::attach_method);
  table.post("/v1/payment_methods/{id}/detach", &ProfileApi::detach_method);
}

void add_balance_and_events(Table& table) {
  table.get("/v1/balance", &ProfileApi::get_balance);
  table.get("/v1/balance_transactions", &ProfileApi::list_entries);
  table.get("/v1/balance_transactions/{id}", &ProfileApi::get_entry);
  table.get("/v1/events", &ProfileApi::list_events);
  table.get("/v1/events/{id}", &ProfileApi::get_event);
  table.endpoint(Method::kGet, "/v1/webhook_endpoints", &EndpointsApi::list);
  table.endpoint(Method::kPost, "/v1/webhook_endpoints", &EndpointsApi::create);
  table.endpoint(Method::kGet, "/v1/webhook_endpoints/{id}", &EndpointsApi::get);
  table.endpoint(Method::kPost, "/v1/webhook_endpoints/{id}", &EndpointsApi::update);
  table.endpoint(Method::kDelete, "/v1/webhook_endpoints/{id}", &EndpointsApi::remove);
}

}  // namespace

http::RouteTable ProfileModule::routes() {
  Table table(std::make_shared<const ProfileApi>(payments_.payments, payments_.db),
              std::make_shared<const EndpointsApi>(allow_private_, payments_.db, box_,
                                                   payments_.clock, entropy_));
  add_payments(table);
  add_customers(table);
  add_balance_and_events(table);
  return table.take();
}

}  // namespace ashlar::payments::profile
