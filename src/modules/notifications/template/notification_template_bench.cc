// How fast a template becomes a message.
#include <benchmark/benchmark.h>

#include "modules/notifications/template/notification_template.h"
#include "platform/json/parse.h"

namespace {

using ashlar::notifications::Channel;
using ashlar::notifications::FormatCache;
using ashlar::notifications::NotificationTemplate;

constexpr const char* kContent = R"({
  "fields": {"name": {"type": "string"}, "n": {"type": "integer"}, "at": {"type": "date_time"},
             "link": {"type": "string"},
             "items": {"type": "list", "items": {"type": "object", "fields": {
               "title": {"type": "string"}, "price": {"type": "money"}}}}},
  "locales": {"en": {
    "sms": {"text": "Hello {name}, your order is on its way."},
    "push": {"title": "{name}", "body": "{n, plural, one {# new message} other {# new messages}}"},
    "chat": {"text": "{at, date, medium} {at, time, short}"},
    "email": {"subject": "Your order", "html":
      "<h1>{name}</h1>{items, list, {<p>{.title}: {.price}</p>}}<a href=\"{link}\">Go</a>"}}}})";
constexpr const char* kData = R"({"name": "Zoë", "n": 3, "at": "2026-07-01T22:30:00Z",
  "link": "https://shop.example/orders/7", "items": [
    {"title": "Tea & more", "price": {"amount": 1250, "currency": "EUR"}},
    {"title": "A cup", "price": {"amount": 799, "currency": "EUR"}},
    {"title": "Sugar", "price": {"amount": 199, "currency": "EUR"}}]})";

void render(benchmark::State& state, Channel channel) {
  FormatCache cache;
  const auto made = *NotificationTemplate::compile(*ashlar::json::parse(kContent), cache);
  const auto data = *ashlar::json::parse(kData);
  const auto zone =
      *ashlar::zone::TimeZone::from_rule("Europe/Vienna", "CET-1CEST,M3.5.0,M10.5.0/3");
  for (auto _ : state) benchmark::DoNotOptimize(made->render(channel, data, {"en", zone}));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK_CAPTURE(render, text, Channel::kSms);
BENCHMARK_CAPTURE(render, plural, Channel::kPush);
BENCHMARK_CAPTURE(render, dates, Channel::kChat);
BENCHMARK_CAPTURE(render, mail, Channel::kEmail);

void compile(benchmark::State& state) {
  FormatCache cache;
  const auto content = *ashlar::json::parse(kContent);
  for (auto _ : state) benchmark::DoNotOptimize(NotificationTemplate::compile(content, cache));
}
BENCHMARK(compile);

}  // namespace
