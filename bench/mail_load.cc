// mail_load: hands mails to a mail server through the provider "smtp", as the service does: each is
// composed, signed where a key is given, and sent over kept connections.
//
//   mail_load --port PORT [--mails N] [--warm N] [--threads N] [--waiting N] [--connections N]
//             [--per-connection N] [--dkim KEY.pem]
//
//   mails     counted ones; `warm` go before them
//   threads   that compose and sign; the SMTP itself is one thread's
//   waiting   handed over and not yet answered, at most: what a sender would keep under way
// Fails where a mail is not accepted. Prints name=value a line.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <semaphore>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/entropy.h"
#include "latencies.h"
#include "modules/notifications/mail/smtp_provider.h"
#include "modules/notifications/provider.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"
#include "platform/net/loop_group.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/outbound/http2_client.h"
#include "platform/outbound/outbound_client.h"

namespace ashlar {
namespace {

using Options = std::map<std::string, std::string, std::less<>>;

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "mail_load: %s\n", why.c_str());
  std::exit(2);
}

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  if (!file) die("cannot read " + path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

class Load {
 public:
  explicit Load(const Options& options)
      : options_(options), waiting_(static_cast<std::ptrdiff_t>(number("waiting", 512))) {
    loops_.start();
    outbound::Dependency& dependency = http_.add_dependency("unused", {});
    const auto kind = notifications::smtp_kind();
    const auto settings = kind.check(*json::parse(settings_text()));
    if (!settings.ok()) die(settings.error().detail);
    auto made = kind.make(*settings, {.clock = clock_,
                                      .entropy = entropy_,
                                      .metrics = metrics_,
                                      .log = log_,
                                      .loops = loops_,
                                      .http = {http_, dependency},
                                      .own_http = {http_, dependency},
                                      .http2 = http2_,
                                      .own_http2 = http2_});
    if (!made.ok()) die(made.error().detail);
    provider_ = std::move(made).value();
  }
  ~Load() {
    provider_.reset();
    loops_.stop();
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  void run() {
    const std::uint64_t mails = number("mails", 50'000);
    send_all(number("warm", 2'000), "w");
    latencies_ = {};
    const base::Mono begun = clock_.mono();
    send_all(mails, "m");
    const double seconds = std::chrono::duration<double>(clock_.mono() - begun).count();
    if (refused_ > 0) die(std::to_string(refused_) + " mails were not accepted: " + why_);
    std::printf("mails_per_s=%.0f\np50_us=%u\np99_us=%u\n", static_cast<double>(mails) / seconds,
                latencies_.at(0.5), latencies_.at(0.99));
  }

 private:
  [[nodiscard]] std::uint64_t number(std::string_view name, std::uint64_t otherwise) const {
    const auto found = options_.find(name);
    return found == options_.end() ? otherwise : std::strtoull(found->second.c_str(), nullptr, 10);
  }

  [[nodiscard]] std::string settings_text() const {
    std::string text;
    json::Writer w(text);
    w.begin_object();
    w.key("host").string("127.0.0.1").key("tls").string("none");
    w.key("port").integer(static_cast<std::int64_t>(number("port", 0)));
    w.key("from").string("shop@example.com").key("from_name").string("The Shop");
    w.key("return_path").string("bounces.example.com");
    w.key("max_connections").integer(static_cast<std::int64_t>(number("connections", 8)));
    w.key("mails_per_connection")
        .integer(static_cast<std::int64_t>(number("per-connection", 1'000)));
    if (options_.contains("dkim")) {
      w.key("dkim").begin_object();
      w.key("domain").string("example.com").key("selector").string("bench");
      w.key("private_key").string(text_of(options_.at("dkim"))).end_object();
    }
    w.end_object();
    return text;
  }

  // An order's confirmation, some 2 KB with both alternatives.
  [[nodiscard]] notifications::Outgoing message(const std::string& id) const {
    notifications::Outgoing made;
    made.id = id;
    made.target.address = "customer-" + id + "@example.org";
    made.target.name = "Customer " + id;
    made.content.subject = "Your order " + id + " has been shipped";
    made.content.text = "Hello,\n\n";
    made.content.html = "<html><body><p>Hello,</p>";
    for (int i = 0; i < 12; ++i) {
      made.content.text += "Item " + std::to_string(i) + " of your order left us this morning.\n";
      made.content.html += "<p>Item <b>" + std::to_string(i) + "</b> of your order left us.</p>\n";
    }
    made.content.html += "</body></html>";
    made.unsubscribe_url = "https://ashlar.example/u/" + id;
    made.created_at = clock_.now();
    made.deadline = clock_.mono() + std::chrono::seconds(30);
    return made;
  }

  void send_all(std::uint64_t mails, const std::string& prefix) {
    const std::uint64_t threads = number("threads", 1);
    std::atomic<std::uint64_t> next{0};
    std::counting_semaphore<> ended{0};
    std::vector<std::thread> senders;
    for (std::uint64_t t = 0; t < threads; ++t) {
      senders.emplace_back([&] {
        for (std::uint64_t n = next++; n < mails; n = next++) {
          waiting_.acquire();
          const base::Mono begun = clock_.mono();
          provider_->send(message(prefix + std::to_string(n)),
                          [&, begun](const notifications::SendResult& result) {
                            note(result, clock_.mono() - begun);
                            waiting_.release();
                            ended.release();
                          });
        }
      });
    }
    for (std::thread& sender : senders) sender.join();
    for (std::uint64_t i = 0; i < mails; ++i) ended.acquire();
  }

  // On the loop's thread alone.
  void note(const notifications::SendResult& result, std::chrono::nanoseconds took) {
    latencies_.add(took);
    if (result.verdict == notifications::Verdict::kAccepted) return;
    ++refused_;
    why_ = result.detail;
  }

  const Options& options_;
  base::SystemClock clock_;
  base::SystemEntropy entropy_;
  obs::Registry metrics_;
  obs::Log log_{obs::Level::kOff, 2, clock_, metrics_};
  net::LoopGroup loops_{1, "mail", clock_};
  outbound::OutboundClient http_{{.name = "unused"}, clock_, metrics_};
  outbound::Http2Client http2_{{}, clock_, metrics_};
  std::unique_ptr<notifications::Provider> provider_;
  std::counting_semaphore<> waiting_;
  Latencies latencies_;
  std::uint64_t refused_ = 0;
  std::string why_;
};

}  // namespace
}  // namespace ashlar

int main(int argc, char** argv) {
  ashlar::Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (!name.starts_with("--")) ashlar::die("what is " + std::string(name) + "?");
    options.emplace(name.substr(2), argv[i + 1]);
  }
  if (!options.contains("port")) ashlar::die("needs --port");
  ashlar::Load(options).run();
  return 0;
}
