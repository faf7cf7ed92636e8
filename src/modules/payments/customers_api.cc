#include "modules/payments/customers_api.h"

#include <optional>
#include <utility>
#include <vector>

#include "modules/payments/asking.h"
#include "modules/payments/customers_json.h"
#include "modules/payments/payments.h"
#include "modules/payments/payments_json.h"
#include "modules/payments/payments_module.h"
#include "modules/payments/reads.h"
#include "platform/http/call.h"
#include "platform/http/late_answer.h"
#include "platform/http/paging.h"
#include "platform/storage/database.h"

namespace ashlar::payments {
namespace {

using base::Result;
using base::Status;
using http::Call;
using http::Response;

std::optional<std::string> change_of(const json::Patch<std::optional<std::string>>& patch) {
  if (!patch) return std::nullopt;
  return patch->value_or("");
}

std::optional<int> number_of(const json::Patch<std::int64_t>& patch) {
  if (!patch) return std::nullopt;
  return static_cast<int>(*patch);
}

Result<CustomerChange> customer_of(const NewCustomerJson& json) {
  CustomerChange change;
  change.name = json.name;
  change.email = json.email;
  change.phone = json.phone;
  change.description = json.description;
  if (!json.metadata.empty()) {
    ASHLAR_ASSIGN(change.metadata, pairs_of(json.metadata, "/metadata"));
  }
  return change;
}

Result<CustomerChange> customer_of(const CustomerPatchJson& json) {
  CustomerChange change;
  change.name = change_of(json.name);
  change.email = change_of(json.email);
  change.phone = change_of(json.phone);
  change.description = change_of(json.description);
  change.default_method = change_of(json.default_payment_method);
  if (json.metadata) {
    ASHLAR_ASSIGN(change.metadata, pairs_of(*json.metadata, "/metadata", true));
  }
  return change;
}

Result<NewMethod> method_of(const NewMethodJson& json) {
  NewMethod wanted;
  wanted.provider = json.provider.value_or("");
  wanted.token = json.token;
  wanted.customer = json.customer.value_or("");
  wanted.network = json.network.value_or("");
  wanted.last4 = json.last4.value_or("");
  wanted.exp_month = static_cast<int>(json.exp_month.value_or(0));
  wanted.exp_year = static_cast<int>(json.exp_year.value_or(0));
  ASHLAR_ASSIGN(wanted.metadata, pairs_of(json.metadata, "/metadata"));
  return wanted;
}

Result<NewPayout> payout_of(const NewPayoutJson& json) {
  NewPayout wanted;
  wanted.amount = json.amount;
  ASHLAR_ASSIGN(wanted.currency, currency_of(json.currency, "/currency"));
  wanted.provider = json.provider.value_or("");
  wanted.destination = json.destination.value_or("");
  wanted.descriptor = json.statement_descriptor.value_or("");
  ASHLAR_ASSIGN(wanted.metadata, pairs_of(json.metadata, "/metadata"));
  return wanted;
}

template <class Json, class Row>
Result<Response> page_response(const Call& call, const http::CursorCodec& cursors,
                               std::string_view list, const Listed<Row>& found,
                               const json::Schema<json::Page<Json>>& schema) {
  json::Page<Json> page;
  for (const Row& row : found.rows) page.data.push_back(json_of(row));
  if (found.has_more) {
    ASHLAR_ASSIGN(page.next_cursor, cursors.encode(scope_of(call, list), found.rows.back().id));
  }
  return http::page_response(call, schema, page);
}

}  // namespace

Status CustomersApi::create_customer(Call& call, Late late) const {
  ASHLAR_ASSIGN(auto ask, read_ask(call, new_customer_schema(), KeyNeed::kOptional));
  ASHLAR_ASSIGN(CustomerChange wanted, customer_of(ask.wanted));
  module_.payments.create_customer(std::move(ask.asked), std::move(wanted),
                                   answer_by(std::move(late)));
  return base::ok_status();
}

Status CustomersApi::update_customer(Call& call, Late late) const {
  ASHLAR_ASSIGN(auto ask, read_ask(call, customer_patch_schema(), KeyNeed::kOptional));
  ASHLAR_ASSIGN(CustomerChange change, customer_of(ask.wanted));
  module_.payments.update_customer(std::move(ask.asked), call.param(0), std::move(change),
                                   answer_by(std::move(late)));
  return base::ok_status();
}

Status CustomersApi::delete_customer(Call& call, Late late) const {
  ASHLAR_ASSIGN(const json::Value body, body_of(call));
  ASHLAR_ASSIGN(Asked asked, asked_of(call, body, KeyNeed::kOptional));
  module_.payments.delete_customer(std::move(asked), call.param(0), answer_by(std::move(late)));
  return base::ok_status();
}

Result<Response> CustomersApi::get_customer(Call& call) const {
  ASHLAR_ASSIGN(const Customer customer,
                module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
                  return Reads(tx).customer(call.param(0));
                }));
  if (customer.deleted) {
    return base::fail(base::Code::kNotFound, "customer_not_found", "The customer was deleted.");
  }
  return http::json_response(200, customer_schema(), json_of(customer));
}

Result<Response> CustomersApi::list_customers(Call& call) const {
  ASHLAR_ASSIGN(const Window window, window_of(call, cursors_, "customers"));
  const std::string email(call.query_value("email").value_or(""));
  ASHLAR_ASSIGN(const Listed<Customer> found,
                module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
                  return Reads(tx).customers(window, email);
                }));
  return page_response(call, cursors_, "customers", found, customer_page_schema());
}

Status CustomersApi::create_method(Call& call, Late late) const {
  ASHLAR_ASSIGN(auto ask, read_ask(call, new_method_schema(), KeyNeed::kOptional));
  ASHLAR_ASSIGN(NewMethod wanted, method_of(ask.wanted));
  module_.payments.create_method(std::move(ask.asked), std::move(wanted),
                                 answer_by(std::move(late)));
  return base::ok_status();
}

Status CustomersApi::update_method(Call& call, Late late) const {
  ASHLAR_ASSIGN(auto ask, read_ask(call, method_patch_schema(), KeyNeed::kOptional));
  MethodChange change{number_of(ask.wanted.exp_month), number_of(ask.wanted.exp_year), {}};
  if (ask.wanted.metadata) {
    ASHLAR_ASSIGN(change.metadata, pairs_of(*ask.wanted.metadata, "/metadata", true));
  }
  module_.payments.update_method(std::move(ask.asked), call.param(0), std::move(change),
                                 answer_by(std::move(late)));
  return base::ok_status();
}

Status CustomersApi::attach_method(Call& call, Late late) const {
  ASHLAR_ASSIGN(auto ask, read_ask(call, attach_schema(), KeyNeed::kOptional));
  module_.payments.attach_method(std::move(ask.asked), call.param(0),
                                 std::move(ask.wanted.customer), answer_by(std::move(late)));
  return base::ok_status();
}

Status CustomersApi::detach_method(Call& call, Late late) const {
  ASHLAR_ASSIGN(const json::Value body, body_of(call));
  ASHLAR_ASSIGN(Asked asked, asked_of(call, body, KeyNeed::kOptional));
  module_.payments.detach_method(std::move(asked), call.param(0), answer_by(std::move(late)));
  return base::ok_status();
}

Result<Response> CustomersApi::get_method(Call& call) const {
  ASHLAR_ASSIGN(const Method method,
                module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
                  return Reads(tx).method(call.param(0));
                }));
  return http::json_response(200, method_schema(), json_of(method));
}

Result<Response> CustomersApi::list_methods(Call& call) const {
  ASHLAR_ASSIGN(const Window window, window_of(call, cursors_, "payment_methods"));
  const std::string customer(call.query_value("customer").value_or(""));
  ASHLAR_ASSIGN(const Listed<Method> found,
                module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
                  return Reads(tx).methods(window, customer);
                }));
  return page_response(call, cursors_, "payment_methods", found, method_page_schema());
}

Status CustomersApi::create_payout(Call& call, Late late) const {
  ASHLAR_ASSIGN(auto ask, read_ask(call, new_payout_schema()));
  ASHLAR_ASSIGN(NewPayout wanted, payout_of(ask.wanted));
  module_.payments.payout(std::move(ask.asked), std::move(wanted), answer_by(std::move(late)));
  return base::ok_status();
}

Result<Response> CustomersApi::get_payout(Call& call) const {
  ASHLAR_ASSIGN(const Payout payout,
                module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
                  return Reads(tx).payout(call.param(0));
                }));
  return http::json_response(200, payout_schema(), json_of(payout));
}

Result<Response> CustomersApi::list_payouts(Call& call) const {
  ASHLAR_ASSIGN(const Window window, window_of(call, cursors_, "payouts"));
  ASHLAR_ASSIGN(const Listed<Payout> found,
                module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
                  return Reads(tx).payouts(window);
                }));
  return page_response(call, cursors_, "payouts", found, payout_page_schema());
}

}  // namespace ashlar::payments
