#include "modules/payments/providers/testing/card_api_double.h"

namespace ashlar::payments {
namespace {

constexpr std::string_view kIntents = "/v1/payment_intents";
constexpr std::string_view kIntent = "/v1/payment_intents/";

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

CardApiDouble::Reply error(int status, const std::string& code) {
  return {.status = status,
          .body = R"({"error":{"type":"invalid_request_error","code":")" + code + "\"}}"};
}

}  // namespace

CardApiDouble::Form CardApiDouble::form_of(std::string_view text) {
  Form form;
  while (!text.empty()) {
    const std::size_t end = text.find('&');
    const std::string_view item = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    const std::size_t equals = item.find('=');
    form[decoded(item.substr(0, equals))] = decoded(item.substr(equals + 1));
  }
  return form;
}

CardApiDouble::Reply CardApiDouble::take(const outbound::FaultServer::Request& request) {
  const std::lock_guard lock(mutex_);
  const std::string method = request.head.substr(0, request.head.find(' '));
  const std::string key = request.field("Idempotency-Key");
  seen_.push_back({method, request.target, key, request.field("Authorization"), request.body});
  const std::optional<Reply> instead = std::exchange(instead_, std::nullopt);
  if (instead && !after_doing_) return *instead;
  Reply answer = method == "GET" ? look(request.target) : once(key, request);
  answer.after = slow_;
  return instead.value_or(answer);
}

CardApiDouble::Reply CardApiDouble::once(const std::string& key,
                                         const outbound::FaultServer::Request& request) {
  const auto known = answers_.find(key);
  if (known != answers_.end()) return known->second;
  Reply answer = change(request.target, form_of(request.body));
  answers_[key] = answer;
  return answer;
}

CardApiDouble::Reply CardApiDouble::change(const std::string& target, Form form) {
  if (target == kIntents) return make_intent(form);
  if (target == "/v1/refunds") return make_refund(form);
  const std::size_t slash = target.find('/', kIntent.size());
  Intent* intent = find(target.substr(kIntent.size(), slash - kIntent.size()));
  if (intent == nullptr) return error(404, "resource_missing");
  if (target.substr(slash) == "/cancel") {
    ++done_;
    intent->status = "canceled";
    return {.body = json_of(*intent)};
  }
  if (intent->status != "requires_capture") return error(400, "payment_intent_unexpected_state");
  ++done_;
  intent->received += std::stoll(form["amount_to_capture"]);
  if (form["final_capture"] != "false") intent->status = "succeeded";
  if (form.contains("metadata[ashlar_capture]")) {
    intent->capture = form["metadata[ashlar_capture]"];
  }
  return {.body = json_of(*intent)};
}

CardApiDouble::Reply CardApiDouble::make_intent(Form& form) {
  if (form["payment_method"] == "pm_card_chargeDeclinedInsufficientFunds") {
    return {.status = 402,
            .body = R"({"error":{"type":"card_error","code":"card_declined","decline_code":)"
                    R"("insufficient_funds","message":"Your card has insufficient funds.",)"
                    R"("payment_intent":{"id":"pi_declined"}}})"};
  }
  ++done_;
  const bool automatic = form["capture_method"] == "automatic";
  Intent made{"pi_" + std::to_string(intents_.size() + 1),
              form["metadata[ashlar_key]"],
              {},
              automatic ? "succeeded" : "requires_capture",
              std::stoll(form["amount"])};
  if (automatic) made.received = made.amount;
  intents_.push_back(made);
  return {.body = json_of(made)};
}

CardApiDouble::Reply CardApiDouble::make_refund(Form& form) {
  ++done_;
  refunds_.push_back({"re_" + std::to_string(refunds_.size() + 1), form["metadata[ashlar_key]"],
                      form["payment_intent"], std::stoll(form["amount"])});
  return {.body = json_of(refunds_.back())};
}

CardApiDouble::Reply CardApiDouble::look(const std::string& target) {
  const std::size_t question = target.find('?');
  const std::string path = target.substr(0, question);
  Form form = question == std::string::npos ? Form() : form_of(target.substr(question + 1));
  if (path == kIntents) return list(intents_, form);
  if (path == "/v1/refunds") return list(refunds_, form);
  const Intent* intent = find(path.substr(kIntent.size()));
  return intent == nullptr ? error(404, "resource_missing") : Reply{.body = json_of(*intent)};
}

template <class T>
CardApiDouble::Reply CardApiDouble::list(const std::vector<T>& all, Form& form) const {
  std::string body = R"({"object":"list","data":[)";
  int count = 0;
  bool more = false, begun = form["starting_after"].empty();
  for (auto one = all.rbegin(); one != all.rend(); ++one) {
    if (!begun) {
      begun = one->id == form["starting_after"];
      continue;
    }
    more = count == page;
    if (more) break;
    body += (count++ > 0 ? "," : "") + json_of(*one);
  }
  return {.body = body + R"(],"has_more":)" + (more ? "true" : "false") + "}"};
}

CardApiDouble::Intent* CardApiDouble::find(const std::string& id) {
  for (Intent& intent : intents_) {
    if (intent.id == id) return &intent;
  }
  return nullptr;
}

std::string CardApiDouble::json_of(const Intent& one) {
  const std::string number = one.id.substr(3);
  return R"({"id":")" + one.id + R"(","object":"payment_intent","status":")" + one.status +
         R"(","amount":)" + std::to_string(one.amount) + R"(,"amount_received":)" +
         std::to_string(one.received) + R"(,"amount_capturable":)" +
         std::to_string(one.amount - one.received) + R"(,"metadata":{"ashlar_key":")" + one.key +
         "\"" + (one.capture.empty() ? "" : R"(,"ashlar_capture":")" + one.capture + "\"") +
         R"(},"latest_charge":{"id":"ch_)" + number +
         R"(","payment_method_details":{"card":{"brand":"visa","last4":"4242"}},)" +
         R"("balance_transaction":{"id":"txn_)" + number + "_" + std::to_string(one.received) +
         R"(","fee":59}}})";
}

std::string CardApiDouble::json_of(const Refund& one) {
  return R"({"id":")" + one.id + R"(","object":"refund","status":"succeeded","amount":)" +
         std::to_string(one.amount) + R"(,"payment_intent":")" + one.intent +
         R"(","metadata":{"ashlar_key":")" + one.key + "\"}}";
}

}  // namespace ashlar::payments
