// How many pushes a second one process hands over to a push service on the same machine, which
// answers each of them: the whole way of a Provider, from message to verdict. The service is a
// thread of this process, so its work is in the CPU time; the rates are of real time.
//
// TLS: 0 cleartext, 1 TLS 1.3. Window: so many are under way at most.
#include <benchmark/benchmark.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <condition_variable>
#include <mutex>

#include "base/clock.h"
#include "base/encoding.h"
#include "base/entropy.h"
#include "modules/notifications/push/aes128gcm.h"
#include "modules/notifications/push/apns.h"
#include "modules/notifications/push/apns_message.h"
#include "modules/notifications/push/fcm.h"
#include "modules/notifications/push/p256.h"
#include "modules/notifications/push/web_push.h"
#include "platform/json/parse.h"
#include "platform/json/writer.h"
#include "platform/net/loop_group.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/outbound/http2_client.h"
#include "platform/outbound/outbound_client.h"
#include "platform/outbound/testing/http2_double.h"

namespace ashlar::notifications {
namespace {

using outbound::Http2Double;

constexpr std::size_t kBatch = 5000;

std::string pem_of(EVP_PKEY* key) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);  // NOLINT(google-runtime-int)
  std::string pem(text, static_cast<std::size_t>(size));
  BIO_free(bio);
  EVP_PKEY_free(key);
  return pem;
}

Http2Double::Reply reply(const Http2Double::Request& request) {
  if (request.field(":path") == "/token") {
    return {.body = R"({"access_token":"ya29.token","expires_in":3600})"};
  }
  return {.fields = {{"apns-id", request.field("apns-id")}}};
}

// Everything that a provider stands on, and the service that it sends to.
struct Bench {
  explicit Bench(bool tls)
      : server({.tls = tls, .max_streams = 1000}, reply),
        own_http2({.name = "own",
                   .allow_private = true,
                   .ca_file = tls ? server.ca_file() : std::string()},
                  clock, metrics),
        services{clock,
                 entropy,
                 metrics,
                 log,
                 loops,
                 {http, http.add_dependency("a", {})},
                 {http, http.add_dependency("b", {})},
                 own_http2,
                 own_http2} {}

  std::unique_ptr<Provider> make(const ProviderKind& kind, const std::string& settings) {
    const auto checked = kind.check(*json::parse(settings));
    return std::move(*kind.make(*checked, services));
  }
  std::unique_ptr<Provider> apns() {
    std::string text;
    json::Writer w(text);
    w.begin_object().key("key").string(pem_of(EVP_EC_gen("P-256"))).key("key_id").string("K");
    w.key("team_id").string("T").key("topic").string("net.example.app");
    w.key("host").string(server.url("")).end_object();
    return make(apns_kind(), text);
  }
  std::unique_ptr<Provider> fcm() {
    std::string text;
    json::Writer w(text);
    w.begin_object().key("service_account").begin_object().key("project_id").string("p");
    w.key("client_email").string("a@p.example.net").key("private_key");
    w.string(pem_of(EVP_RSA_gen(2048))).key("token_uri").string(server.url("/token"));
    w.end_object().key("host").string(server.url("")).end_object();
    return make(fcm_kind(), text);
  }
  std::unique_ptr<Provider> web_push() {
    return make(webpush_kind(),
                R"({"vapid":{"subject":"mailto:a@example.net"},"host":")" + server.url("") + "\"}");
  }

  // kBatch messages, `window` at once.
  void send_all(Provider& provider, const Outgoing& sample, std::size_t window) {
    for (std::size_t i = 0; i < kBatch; ++i) {
      {
        std::unique_lock lock(mutex);
        room.wait(lock, [&] { return under_way < window; });
        ++under_way;
      }
      Outgoing message = sample;
      message.id = "dlv_" + std::to_string(++sent);
      message.deadline = clock.mono() + base::Seconds(30);
      provider.send(std::move(message), [this, window](const SendResult& result) {
        const std::lock_guard lock(mutex);
        failed += result.verdict == Verdict::kAccepted ? 0 : 1;
        // Who sends is woken when there is something to do, not at each answer.
        if (--under_way == window / 2 || under_way == 0) room.notify_one();
      });
    }
    std::unique_lock lock(mutex);
    room.wait(lock, [&] { return under_way == 0; });
  }

  base::SystemClock clock;
  base::SystemEntropy entropy;
  obs::Registry metrics;
  obs::Log log{obs::Level::kOff, 2, clock, metrics};
  net::LoopGroup loops{1, "bench", clock};
  Http2Double server;
  outbound::OutboundClient http{{.allow_private = true}, clock, metrics};
  outbound::Http2Client own_http2;
  ProviderServices services;

  std::uint64_t sent = 0;
  std::mutex mutex;  // guards what follows
  std::condition_variable room;
  std::size_t under_way = 0;
  std::size_t failed = 0;
};

Outgoing sample() {
  Outgoing message;
  message.target.address = "740f4707bebcf74f9b7c25d48e3358945f6aa01da5ddb387462c7eaf61bb78ad";
  message.content.subject = "Your order is on its way";
  message.content.text = "It left our house at ten and should be with you tomorrow before noon.";
  message.content.data = R"({"order":"A-1002","carrier":"post"})";
  return message;
}

void run(benchmark::State& state, std::unique_ptr<Provider> (Bench::*make)(), bool web) {
  Bench bench(state.range(0) == 1);
  const auto provider = (bench.*make)();
  Outgoing message = sample();
  if (web) {
    message.target.address = bench.server.url("/send/") + message.target.address;
    message.target.extra = R"({"p256dh":")" +
                           base::base64url_encode(P256Key::generate().public_bytes()) +
                           R"(","auth":")" + base::base64url_encode("0123456789abcdef") + "\"}";
  }
  bench.send_all(*provider, message, 64);  // connections and tokens are there then
  for (auto _ : state) {
    bench.send_all(*provider, message, static_cast<std::size_t>(state.range(1)));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatch));
  state.counters["failed"] = static_cast<double>(bench.failed);
  state.counters["connections"] = bench.server.connections();
}

void apns(benchmark::State& state) { run(state, &Bench::apns, false); }
void fcm(benchmark::State& state) { run(state, &Bench::fcm, false); }
void web_push(benchmark::State& state) { run(state, &Bench::web_push, true); }

void windows(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"tls", "window"})->ArgsProduct({{0, 1}, {512}})->UseRealTime();
  bench->Unit(benchmark::kMillisecond);
}
BENCHMARK(apns)->Apply(windows);
BENCHMARK(fcm)->Apply(windows);
BENCHMARK(web_push)->Apply(windows);

void encrypt(benchmark::State& state) {
  const BrowserKeys browser{P256Key::generate().public_bytes(), "0123456789abcdef"};
  const std::string plain(200, 'x');
  for (auto _ : state) {
    const P256Key key = P256Key::generate();
    benchmark::DoNotOptimize(encrypt_push(plain, browser, {key, "0123456789abcdef"}));
  }
}
BENCHMARK(encrypt);

void build_apns(benchmark::State& state) {
  const Outgoing message = sample();
  for (auto _ : state) {
    benchmark::DoNotOptimize(apns_message(message, "net.example.app", base::from_micros(0)));
  }
}
BENCHMARK(build_apns);

}  // namespace
}  // namespace ashlar::notifications
