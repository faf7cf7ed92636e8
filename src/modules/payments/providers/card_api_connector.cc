#include "modules/payments/providers/card_api_connector.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <utility>

#include "base/clock.h"
#include "modules/payments/providers/card_api_notice.h"
#include "modules/payments/providers/timed_signature.h"
#include "platform/outbound/outbound_client.h"

namespace ashlar::payments {
namespace {

// What the answers are read by; whatever the account's own default is.
constexpr const char* kApiVersion = "2025-03-31.basil";
constexpr std::uint32_t kAttempts = 3;
constexpr std::size_t kMaxAnswerBytes = std::size_t{8} << 20;  // 100 objects, expanded

// The API counts these in hundredths (isk, ugx) or whole units (mga), for compatibility with its
// own past; ISO 4217 and we do not. Whatever was sent would be a hundred times too much or too
// little.
constexpr std::array<std::string_view, 3> kOtherUnits{"isk", "mga", "ugx"};

bool counts_otherwise(const ProviderCall& call) {
  return std::ranges::find(kOtherUnits, call.currency) != kOtherUnits.end();
}

ProviderAnswer ended(ProviderEnd end, std::string message) {
  ProviderAnswer answer;
  answer.end = end;
  answer.message = std::move(message);
  return answer;
}

outbound::Policy policy_of(const CardApiOptions& options) {
  outbound::Policy policy;
  policy.timeout = options.call_time;
  policy.attempt_timeout = std::min(options.attempt_time, options.call_time);
  policy.retry = {.max_attempts = kAttempts,
                  .base = std::chrono::milliseconds(250),
                  .cap = std::chrono::seconds(2)};
  policy.max_running = options.calls_at_once;
  policy.max_waiting = 0;  // who may wait is the guard's to say
  policy.max_answer_bytes = kMaxAnswerBytes;
  return policy;
}

}  // namespace

struct CardApiConnector::Impl {
  // A question on its way from page to page.
  struct Question {
    ProviderCall call;
    Done done;
    int pages = 0;
  };

  Impl(CardApiOptions given, const base::Clock& time, obs::Registry& metrics)
      : options(std::move(given)),
        terms(options.terms.value_or(card_api_terms(options.base_url))),
        clock(time),
        client({.name = "card_api", .allow_private = options.allow_private, .seed = options.seed},
               time, metrics),
        dependency(client.add_dependency("payments_" + options.name, policy_of(options))) {}

  [[nodiscard]] outbound::Request http(const CardApiRequest& request,
                                       const ProviderCall& call) const {
    outbound::Request http;
    http.method = request.method;
    http.url = options.base_url + request.path;
    http.headers = {{"Authorization", "Bearer " + options.api_key},
                    {"Stripe-Version", kApiVersion}};
    if (request.method == "POST") {
      http.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
      http.headers.emplace_back("Idempotency-Key", call.key);
      http.body = request.body;
      http.idempotent = true;
    }
    if (call.deadline != base::Mono{}) http.deadline = call.deadline;
    return http;
  }

  void submit(ProviderCall call, Done done) {
    outbound::Request request = http(card_api_request(call, terms), call);
    const auto begun = std::make_shared<std::atomic<bool>>(false);
    request.begun = begun;
    client.submit(dependency, std::move(request),
                  [call = std::move(call), done = std::move(done),
                   begun](const base::Result<outbound::Answer>& answer) {
                    if (answer.ok()) return done(card_api_answer(call, *answer));
                    done(ended(begun->load() ? ProviderEnd::kUnknown : ProviderEnd::kNotDone,
                               answer.error().detail));
                  });
  }

  void ask(std::shared_ptr<Question> question, std::string_view page_after) {
    const auto request = card_api_question(question->call, page_after);
    if (!request) {
      return question->done(ended(ProviderEnd::kUnknown, "the call names no reference"));
    }
    ++question->pages;
    client.submit(
        dependency, http(*request, question->call),
        [this, question](const base::Result<outbound::Answer>& answer) { hear(question, answer); });
  }

  void hear(const std::shared_ptr<Question>& question,
            const base::Result<outbound::Answer>& answer) {
    if (!answer.ok()) {
      return question->done(ended(ProviderEnd::kUnknown, answer.error().detail));
    }
    CardApiFinding found = card_api_finding(question->call, *answer);
    if (!found.answer && question->pages < kMaxPages && !found.next_page.empty()) {
      return ask(question, found.next_page);
    }
    if (!found.answer) return ask_by_key(question);
    if (found.answer->end == ProviderEnd::kNotDone && may_be_on_its_way(question->call)) {
      found.answer->end = ProviderEnd::kUnknown;
    }
    question->done(*std::move(found.answer));
  }

  // Among too many to look through; a part of a capture that left no mark.
  void ask_by_key(const std::shared_ptr<Question>& question) {
    if (clock.now() - question->call.begun_at < kRemembers) {
      return submit(question->call, question->done);
    }
    question->done(ended(ProviderEnd::kUnknown, "too many things were made about then"));
  }

  [[nodiscard]] bool may_be_on_its_way(const ProviderCall& call) const {
    return call.begun_at + options.settles > clock.now();
  }

  const CardApiOptions options;
  const CardApiTerms terms;
  const base::Clock& clock;
  outbound::OutboundClient client;
  outbound::Dependency& dependency;
};

CardApiConnector::CardApiConnector(CardApiOptions options, const base::Clock& clock,
                                   obs::Registry& metrics)
    : impl_(std::make_unique<Impl>(std::move(options), clock, metrics)) {}

CardApiConnector::~CardApiConnector() { stop(); }

std::string_view CardApiConnector::name() const { return impl_->options.name; }

void CardApiConnector::submit(ProviderCall call, Done done) {
  if (counts_otherwise(call)) {
    ProviderAnswer answer = ended(ProviderEnd::kDeclined,
                                  "This provider counts amounts of this currency in other units.");
    answer.decline_code = "currency_not_supported";
    return done(std::move(answer));
  }
  impl_->submit(std::move(call), std::move(done));
}

void CardApiConnector::query(ProviderCall call, Done done) {
  auto question = std::make_shared<Impl::Question>();
  question->call = std::move(call);
  question->done = std::move(done);
  impl_->ask(std::move(question), {});
}

base::Result<std::vector<ProviderNotice>> CardApiConnector::read_webhook(std::string_view body,
                                                                         const Headers& headers) {
  ASHLAR_TRY(check_timed_signature(header_of(headers, "stripe-signature"), body,
                                   impl_->options.webhook_secrets, impl_->clock.now()));
  return read_card_api_event(body);
}

base::Seconds CardApiConnector::remembers() const { return kRemembers; }
base::Seconds CardApiConnector::settles_after() const { return impl_->options.settles; }

void CardApiConnector::stop() { impl_->client.stop(); }

}  // namespace ashlar::payments
