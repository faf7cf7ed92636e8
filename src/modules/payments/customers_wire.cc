// THE table of customers, payment methods and payouts.
#include <memory>
#include <utility>

#include "modules/payments/customers_api.h"
#include "modules/payments/customers_json.h"
#include "modules/payments/payments_json.h"
#include "modules/payments/payments_module.h"
#include "modules/payments/payments_rows.h"

namespace ashlar::payments {
namespace {

using http::ErrorDoc;
using http::Method;
using rows::changing;
using rows::late;
using rows::moving;
using rows::reading;
using rows::worker;

using Api = std::shared_ptr<const CustomersApi>;

const ErrorDoc kNoCustomer{404, "customer_not_found",
                           "There is no such customer, it was deleted, or it is another tenant's."};
const ErrorDoc kNoMethod{404, "method_not_found",
                         "There is no such payment method, or it is another tenant's."};
const ErrorDoc kNoPayout{404, "payout_not_found",
                         "There is no such payout, or it is another tenant's."};

void add_customer_routes(http::RouteTable& table, const Api& api) {
  table.push_back(changing(Method::kPost, "/v1/customers", "Make a customer.",
                           late(api, &CustomersApi::create_customer), &new_customer_schema(),
                           &customer_schema()));
  table.back().success = 201;
  table.push_back(reading("/v1/customers", "List customers, newest first.",
                          worker(api, &CustomersApi::list_customers), &customer_page_schema()));
  rows::page(table.back());
  table.back().query.push_back({"email", "Only those with it.", "ada@example.com"});
  table.push_back(reading("/v1/customers/{id}", "Get one customer.",
                          worker(api, &CustomersApi::get_customer), &customer_schema()));
  table.back().errors = {kNoCustomer};
  table.push_back(changing(Method::kPatch, "/v1/customers/{id}", "Change a customer.",
                           late(api, &CustomersApi::update_customer), &customer_patch_schema(),
                           &customer_schema()));
  rows::add_errors(table.back(), {kNoCustomer, kNoMethod, rows::kNothing});
  table.push_back(changing(Method::kDelete, "/v1/customers/{id}",
                           "Delete a customer; payments keep its id.",
                           late(api, &CustomersApi::delete_customer), nullptr, nullptr));
  table.back().success = 204;
  rows::add_errors(table.back(), {kNoCustomer});
}

void add_method_routes(http::RouteTable& table, const Api& api) {
  table.push_back(changing(Method::kPost, "/v1/payment-methods", "Keep a provider's token.",
                           late(api, &CustomersApi::create_method), &new_method_schema(),
                           &method_schema()));
  table.back().success = 201;
  rows::add_errors(table.back(), {kNoCustomer});
  table.push_back(reading("/v1/payment-methods", "List payment methods, newest first.",
                          worker(api, &CustomersApi::list_methods), &method_page_schema()));
  rows::page(table.back());
  table.back().query.push_back({"customer", "Only this customer's.", "cus_9fK2pQx7"});
  table.push_back(reading("/v1/payment-methods/{id}", "Get one payment method.",
                          worker(api, &CustomersApi::get_method), &method_schema()));
  table.back().errors = {kNoMethod};
  table.push_back(changing(Method::kPatch, "/v1/payment-methods/{id}", "Change a payment method.",
                           late(api, &CustomersApi::update_method), &method_patch_schema(),
                           &method_schema()));
  rows::add_errors(table.back(), {kNoMethod, rows::kNothing});
  table.push_back(changing(
      Method::kPost, "/v1/payment-methods/{id}/attach", "Make a payment method a customer's.",
      late(api, &CustomersApi::attach_method), &attach_schema(), &method_schema()));
  rows::add_errors(table.back(), {kNoMethod, kNoCustomer});
  table.push_back(changing(Method::kPost, "/v1/payment-methods/{id}/detach",
                           "Take a payment method from its customer.",
                           late(api, &CustomersApi::detach_method), nullptr, &method_schema()));
  rows::add_errors(table.back(), {kNoMethod});
}

void add_payout_routes(http::RouteTable& table, const Api& api) {
  table.push_back(moving("/v1/payouts", "Send money to your bank account.",
                         late(api, &CustomersApi::create_payout), &new_payout_schema(),
                         &payout_schema()));
  table.back().success = 201;
  rows::add_errors(table.back(), {{409, "balance_insufficient", "Less than that is available."},
                                  rows::kCurrency,
                                  rows::kProviderAway});
  table.push_back(reading("/v1/payouts", "List payouts, newest first.",
                          worker(api, &CustomersApi::list_payouts), &payout_page_schema()));
  rows::page(table.back());
  table.push_back(reading("/v1/payouts/{id}", "Get one payout.",
                          worker(api, &CustomersApi::get_payout), &payout_schema()));
  table.back().errors = {kNoPayout};
}

}  // namespace

http::RouteTable customers_routes(PaymentsModule& module, const http::CursorCodec& cursors) {
  const auto api = std::make_shared<const CustomersApi>(module, cursors);
  http::RouteTable table;
  add_customer_routes(table, api);
  add_method_routes(table, api);
  add_payout_routes(table, api);
  return table;
}

}  // namespace ashlar::payments
