#include "modules/payments/calls.h"

#include <array>
#include <utility>

#include "platform/json/parse.h"
#include "platform/json/writer.h"

namespace ashlar::payments {
namespace {

const std::string* text_in(const json::Value& value, std::string_view name) {
  const json::Value* found = value.find(name);
  return found == nullptr ? nullptr : found->if_string();
}
void read(const json::Value& from, std::string_view name, std::string& to) {
  if (const std::string* text = text_in(from, name)) to = *text;
}
void read(const json::Value& from, std::string_view name, bool& to) {
  const json::Value* found = from.find(name);
  if (found != nullptr && found->if_boolean() != nullptr) to = *found->if_boolean();
}

}  // namespace

std::string to_json(const CallPlan& plan) {
  const ProviderCall& call = plan.call;
  std::string text;
  text.reserve(256);
  json::Writer json(text);
  json.begin_object().key("amount").integer(call.amount).key("currency").string(call.currency);
  const auto put = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) json.key(name).string(value);
  };
  put("reference", call.reference);
  put("token", call.token);
  put("descriptor", call.descriptor);
  put("reason", plan.reason);
  if (call.capture) json.key("capture").boolean(true);
  if (!call.last) json.key("last").boolean(false);
  if (call.off_session) json.key("off_session").boolean(true);
  if (plan.expiring) json.key("expiring").boolean(true);
  if (!call.details.empty()) {
    json.key("details").begin_array();
    for (const auto& [key, value] : call.details)
      json.begin_array().string(key).string(value).end_array();
    json.end_array();
  }
  if (!plan.others.empty()) {
    json.key("others").begin_array();
    for (const std::string& one : plan.others) json.string(one);
    json.end_array();
  }
  json.end_object();
  return text;
}

base::Result<CallPlan> plan_of(const store::AttemptRow& row, base::TenantId tenant) {
  const auto value = json::parse(row.call.request);
  if (!value.ok() || value->if_object() == nullptr || value->find("amount") == nullptr ||
      value->find("amount")->if_integer() == nullptr) {
    return base::fail(base::Code::kInternal, "payment_call_damaged",
                      "What was asked of a provider cannot be read: " + row.call.key);
  }
  CallPlan plan;
  ProviderCall& call = plan.call;
  call.op = row.call.op;
  call.tenant = tenant;
  call.key = row.call.key;
  call.begun_at = row.call.at;
  call.amount = *value->find("amount")->if_integer();
  read(*value, "currency", call.currency);
  read(*value, "reference", call.reference);
  read(*value, "token", call.token);
  read(*value, "descriptor", call.descriptor);
  read(*value, "reason", plan.reason);
  read(*value, "capture", call.capture);
  read(*value, "last", call.last);
  read(*value, "off_session", call.off_session);
  read(*value, "expiring", plan.expiring);
  if (const json::Value* details = value->find("details"); details && details->if_array()) {
    for (const json::Value& one : *details->if_array()) {
      const json::Value::Array* pair = one.if_array();
      if (pair == nullptr || pair->size() != 2 || !(*pair)[0].if_string() ||
          !(*pair)[1].if_string())
        continue;
      call.details.emplace_back(*(*pair)[0].if_string(), *(*pair)[1].if_string());
    }
  }
  if (const json::Value* others = value->find("others"); others && others->if_array()) {
    for (const json::Value& one : *others->if_array()) {
      if (one.if_string()) plan.others.push_back(*one.if_string());
    }
  }
  return plan;
}

std::string outcome_json(const ProviderAnswer& answer) {
  std::string text;
  json::Writer json(text);
  json.begin_object().key("end").string(to_text(answer.end));
  const auto put = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) json.key(name).string(value);
  };
  put("reference", answer.reference);
  put("capture_reference", answer.capture_reference);
  put("decline_code", answer.decline_code);
  put("message", answer.message);
  if (answer.amount != 0) json.key("amount").integer(answer.amount);
  if (answer.fee != 0) json.key("fee").integer(answer.fee);
  json.end_object();
  return text;
}

std::string call_key(std::string_view subject, ProviderOp op, std::int64_t number) {
  std::string key(subject);
  key.append(":").append(to_text(op)).append(":").append(std::to_string(number));
  return key;
}

}  // namespace ashlar::payments
