#include "modules/payments/providers/sandbox_book.h"

#include <array>
#include <utility>

#include "platform/json/parse.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"

namespace ashlar::payments {
namespace {

using base::Result;

constexpr std::array<std::string_view, kMoveKinds> kMoves{
    "capture",          "refund", "refund_failure", "dispute",
    "dispute_reversal", "payout", "payout_failure"};

base::Error damaged(std::string_view what) {
  return base::fail(base::Code::kInternal, "sandbox_damaged",
                    "the sandbox's book holds " + std::string(what) + " that cannot be read");
}

// Writes what is not as a fresh object has it.
class Fields {
 public:
  explicit Fields(json::Writer& json) : json_(json) {}

  Fields& text(std::string_view name, const std::string& value) {
    if (!value.empty()) json_.key(name).string(value);
    return *this;
  }
  Fields& number(std::string_view name, std::int64_t value) {
    if (value != 0) json_.key(name).integer(value);
    return *this;
  }
  Fields& time(std::string_view name, const std::optional<base::Time>& value) {
    if (value) json_.key(name).integer(base::to_micros(*value));
    return *this;
  }

 private:
  json::Writer& json_;
};

class FieldReader {
 public:
  explicit FieldReader(const json::Value& value) : value_(value) {}

  void text(std::string_view name, std::string& into) const {
    const json::Value* found = value_.find(name);
    if (found != nullptr && found->if_string() != nullptr) into = *found->if_string();
  }
  [[nodiscard]] std::int64_t number(std::string_view name) const {
    const json::Value* found = value_.find(name);
    return found != nullptr && found->if_integer() != nullptr ? *found->if_integer() : 0;
  }
  [[nodiscard]] std::optional<base::Time> time(std::string_view name) const {
    const json::Value* found = value_.find(name);
    if (found == nullptr || found->if_integer() == nullptr) return std::nullopt;
    return base::from_micros(*found->if_integer());
  }
  template <class E>
  [[nodiscard]] E one_of(std::string_view name) const {
    return static_cast<E>(number(name));
  }

 private:
  const json::Value& value_;
};

Result<json::Value> parsed(std::string_view text, std::string_view what) {
  Result<json::Value> value = json::parse(text);
  if (!value.ok() || value->if_object() == nullptr) return damaged(what);
  return value;
}

void write_answer(json::Writer& json, const ProviderAnswer& a) {
  Fields(json)
      .number("end", static_cast<std::int64_t>(a.end))
      .text("reference", a.reference)
      .text("capture_reference", a.capture_reference)
      .number("amount", a.amount)
      .number("fee", a.fee)
      .text("decline_code", a.decline_code)
      .text("message", a.message)
      .text("action_url", a.action_url)
      .text("network", a.network)
      .text("last4", a.last4)
      .time("expires_at", a.expires_at);
}

ProviderAnswer read_answer(const json::Value& value) {
  const FieldReader in(value);
  ProviderAnswer a;
  a.end = in.one_of<ProviderEnd>("end");
  in.text("reference", a.reference);
  in.text("capture_reference", a.capture_reference);
  a.amount = in.number("amount");
  a.fee = in.number("fee");
  in.text("decline_code", a.decline_code);
  in.text("message", a.message);
  in.text("action_url", a.action_url);
  in.text("network", a.network);
  in.text("last4", a.last4);
  a.expires_at = in.time("expires_at");
  return a;
}

}  // namespace

std::string_view to_text(MoveKind kind) { return kMoves[static_cast<std::size_t>(kind)]; }

void SandboxBook::load_call(base::TenantId tenant, std::string key, SandboxCall call) {
  calls_.try_emplace({tenant, std::move(key)}, Row<SandboxCall>{std::move(call), false});
}

void SandboxBook::load_object(base::TenantId tenant, std::string reference, SandboxObject object) {
  objects_.try_emplace({tenant, std::move(reference)},
                       Row<SandboxObject>{std::move(object), false});
}

const SandboxCall* SandboxBook::call(base::TenantId tenant, const std::string& key) const {
  const auto found = calls_.find({tenant, key});
  return found == calls_.end() ? nullptr : &found->second.value;
}

const SandboxObject* SandboxBook::object(base::TenantId tenant,
                                         const std::string& reference) const {
  const auto found = objects_.find({tenant, reference});
  return found == objects_.end() ? nullptr : &found->second.value;
}

SandboxCall& SandboxBook::change_call(base::TenantId tenant, const std::string& key) {
  Row<SandboxCall>& row = calls_[{tenant, key}];
  row.dirty = true;
  return row.value;
}

SandboxObject& SandboxBook::change_object(base::TenantId tenant, const std::string& reference) {
  Row<SandboxObject>& row = objects_[{tenant, reference}];
  row.dirty = true;
  return row.value;
}

void SandboxBook::add_move(SandboxMove move) {
  SandboxObject& balance = change_object(move.tenant, balance_reference(move.currency));
  balance.kind = SandboxKind::kBalance;
  balance.currency = move.currency;
  balance.amount += move.gross - move.fee;
  moves_.push_back(std::move(move));
}

std::string SandboxBook::balance_reference(std::string_view currency) {
  return "balance_" + std::string(currency);
}

std::string to_json(const SandboxCall& call) {
  std::string out;
  json::Writer json(out);
  json.begin_object();
  write_answer(json, call.answer);
  Fields(json).text("terms", call.terms);
  json.end_object();
  return out;
}

base::Status read_json(std::string_view text, SandboxCall& call) {
  ASHLAR_ASSIGN(const json::Value value, parsed(text, "a call"));
  call.answer = read_answer(value);
  FieldReader(value).text("terms", call.terms);
  return base::ok_status();
}

std::string to_json(const SandboxObject& o) {
  std::string out;
  json::Writer json(out);
  json.begin_object();
  Fields(json)
      .number("kind", static_cast<std::int64_t>(o.kind))
      .number("state", static_cast<std::int64_t>(o.state))
      .text("key", o.key)
      .text("charge", o.charge)
      .text("token", o.token)
      .text("currency", o.currency)
      .text("reason", o.reason)
      .number("amount", o.amount)
      .number("captured", o.captured)
      .number("refunded", o.refunded)
      .number("disputed", o.disputed)
      .number("fee", o.fee)
      .number("parts", o.parts)
      .number("capture", o.capture ? 1 : 0)
      .number("wins", o.wins ? 1 : 0)
      .number("at", base::to_micros(o.at))
      .time("until", o.until)
      .text("call", o.call);
  json.end_object();
  return out;
}

Result<SandboxObject> object_of_json(std::string_view text) {
  ASHLAR_ASSIGN(const json::Value value, parsed(text, "an object"));
  const FieldReader in(value);
  SandboxObject o;
  o.kind = in.one_of<SandboxKind>("kind");
  o.state = in.one_of<SandboxState>("state");
  in.text("key", o.key);
  in.text("charge", o.charge);
  in.text("token", o.token);
  in.text("currency", o.currency);
  in.text("reason", o.reason);
  o.amount = in.number("amount");
  o.captured = in.number("captured");
  o.refunded = in.number("refunded");
  o.disputed = in.number("disputed");
  o.fee = in.number("fee");
  o.parts = in.number("parts");
  o.capture = in.number("capture") != 0;
  o.wins = in.number("wins") != 0;
  o.at = base::from_micros(in.number("at"));
  o.until = in.time("until");
  in.text("call", o.call);
  return o;
}

std::string to_json(const ProviderCall& call) {
  std::string out;
  json::Writer json(out);
  json.begin_object();
  Fields(json)
      .number("op", static_cast<std::int64_t>(call.op))
      .number("tenant", call.tenant.value)
      .text("key", call.key)
      .text("reference", call.reference)
      .number("amount", call.amount)
      .text("currency", call.currency)
      .text("token", call.token)
      .number("capture", call.capture ? 1 : 0)
      .number("last", call.last ? 1 : 0)
      .number("off_session", call.off_session ? 1 : 0)
      .text("descriptor", call.descriptor)
      .number("begun_at", base::to_micros(call.begun_at));
  json.key("details").begin_array();
  for (const auto& [name, value] : call.details) {
    json.begin_array().string(name).string(value).end_array();
  }
  json.end_array().end_object();
  return out;
}

Result<ProviderCall> call_of_json(std::string_view text) {
  ASHLAR_ASSIGN(const json::Value value, parsed(text, "a late call"));
  const FieldReader in(value);
  ProviderCall call;
  call.op = in.one_of<ProviderOp>("op");
  call.tenant = base::TenantId(in.number("tenant"));
  in.text("key", call.key);
  in.text("reference", call.reference);
  call.amount = in.number("amount");
  in.text("currency", call.currency);
  in.text("token", call.token);
  call.capture = in.number("capture") != 0;
  call.last = in.number("last") != 0;
  call.off_session = in.number("off_session") != 0;
  in.text("descriptor", call.descriptor);
  call.begun_at = base::from_micros(in.number("begun_at"));
  const json::Value* details = value.find("details");
  if (details == nullptr || details->if_array() == nullptr) return damaged("a late call");
  for (const json::Value& pair : *details->if_array()) {
    const json::Value::Array* two = pair.if_array();
    if (two == nullptr || two->size() != 2 || (*two)[0].if_string() == nullptr ||
        (*two)[1].if_string() == nullptr) {
      return damaged("a late call");
    }
    call.details.emplace_back(*(*two)[0].if_string(), *(*two)[1].if_string());
  }
  return call;
}

}  // namespace ashlar::payments
