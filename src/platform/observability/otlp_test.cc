// The encoding, and the exporter against a real HTTP server that answers from a script.
#include "platform/observability/otlp.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/entropy.h"
#include "base/text.h"
#include "platform/observability/metrics.h"

namespace ashlar::obs {
namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

const TraceContext kContext =
    *parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
const std::optional<TraceContext> kParent =
    parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01");

std::string response(int status, const std::string& headers = "", const std::string& body = "{}") {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: application/json\r\n" +
         headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

struct Request {
  std::string head;
  std::string body;
  base::Mono arrived;
};

// Answers the n-th request with the n-th line of the script, its last line from then on; an empty
// line means: read the request and never answer.
class Collector {
 public:
  explicit Collector(std::vector<std::string> script) : script_(std::move(script)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(::listen(listener_, 16), 0);
    socklen_t size = sizeof(address);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~Collector() {
    stop_ = true;
    thread_.join();
    ::close(listener_);
  }
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  [[nodiscard]] std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }

  std::vector<Request> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, base::Seconds{20}, [&] { return requests_.size() >= count; });
    return requests_;
  }

 private:
  bool wait_readable(int fd) {
    pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
    while (!stop_) {
      if (::poll(&ready, 1, 20) > 0) return true;
    }
    return false;
  }

  void run() {
    while (wait_readable(listener_)) {
      const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      while (serve_request(connection)) {
      }
      ::close(connection);
    }
  }

  bool serve_request(int connection) {
    std::string text;
    std::size_t head_end = std::string::npos;
    std::size_t total = std::string::npos;
    std::array<char, 65536> buffer{};
    while (text.size() < total) {
      if (!wait_readable(connection)) return false;
      const ssize_t got = ::read(connection, buffer.data(), buffer.size());
      if (got <= 0) return false;
      text.append(buffer.data(), static_cast<std::size_t>(got));
      if (head_end == std::string::npos) head_end = text.find("\r\n\r\n");
      if (head_end != std::string::npos) {
        const std::size_t length = text.find("Content-Length: ");
        total = head_end + 4 + std::stoul(text.substr(length + 16));
      }
    }
    const std::string answer = keep({.head = text.substr(0, head_end),
                                     .body = text.substr(head_end + 4),
                                     .arrived = clock_.mono()});
    if (answer.empty()) {
      wait_readable(connection);  // until the client gives up
      return false;
    }
    return ::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(answer.size());
  }

  std::string keep(Request request) {
    const std::lock_guard lock(mutex_);
    const std::size_t line = std::min(requests_.size(), script_.size() - 1);
    requests_.push_back(std::move(request));
    arrived_.notify_all();
    return script_[line];
  }

  const std::vector<std::string> script_;
  const base::SystemClock clock_;
  int listener_;
  unsigned port_ = 0;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Request> requests_;  // guarded by mutex_
  std::thread thread_;
};

class Exporting {
 public:
  explicit Exporting(const std::string& endpoint, Level level = Level::kOff) {
    EXPECT_EQ(::pipe2(log_pipe_.data(), O_CLOEXEC), 0);
    log_.emplace(level, log_pipe_[1], clock_, metrics_);
    tracer_.emplace(TracerOptions{.endpoint = endpoint,
                                  .sample_ratio = 1.0,
                                  .service_name = "ashlar \"test\"",
                                  .service_version = "1.2.3"},
                    clock_, entropy_, *log_, metrics_);
  }
  ~Exporting() {
    tracer_.reset();
    log_.reset();
    ::close(log_pipe_[0]);
    ::close(log_pipe_[1]);
  }
  Exporting(const Exporting&) = delete;
  Exporting& operator=(const Exporting&) = delete;

  void record(std::string_view name) {
    tracer_->record(kContext, kParent, name, base::from_micros(1'700'000'000'000'001),
                    base::Micros{250}, false, {});
  }
  Tracer& tracer() { return *tracer_; }
  // How long it took.
  std::chrono::nanoseconds stop() {
    const base::Mono before = clock_.mono();
    tracer_.reset();
    return clock_.mono() - before;
  }
  std::string logged() {
    log_->flush();
    std::array<char, 4096> buffer{};
    const ssize_t got = ::read(log_pipe_[0], buffer.data(), buffer.size());
    return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(0, got))};
  }
  std::uint64_t exported() {
    return metrics_.make_counter("ashlar_trace_exported_total", "Spans a collector took.").value();
  }
  std::uint64_t dropped() {
    return metrics_
        .make_counter("ashlar_trace_dropped_total",
                      "Spans lost: the queue was full or the collector refused.")
        .value();
  }

 private:
  Registry metrics_;
  base::SystemClock clock_;
  base::SeededEntropy entropy_{1};
  std::array<int, 2> log_pipe_{};
  std::optional<Log> log_;
  std::optional<Tracer> tracer_;
};

array spans_of(const std::string& body) {
  return boost::json::parse(body)
      .at("resourceSpans")
      .at(0)
      .at("scopeSpans")
      .at(0)
      .at("spans")
      .as_array();
}

TEST(Otlp, SpanAsTheSpecificationWritesIt) {
  std::string out;
  const LogField attributes[] = {{"http.route", "/v1/links"},
                                 {"http.response.status_code", 503},
                                 {"ratio", 0.5},
                                 {"retried", true}};
  append_otlp_span(out, {.context = kContext,
                         .parent = kParent,
                         .name = "POST /v1/links",
                         .kind = SpanKind::kServer,
                         .start = base::from_micros(1'700'000'000'000'001),
                         .duration = base::Micros{250},
                         .error = true,
                         .attributes = attributes});
  EXPECT_EQ(boost::json::parse(out), boost::json::parse(R"({
    "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331",
    "parentSpanId": "00f067aa0ba902b7", "flags": 1, "name": "POST /v1/links", "kind": 2,
    "startTimeUnixNano": "1700000000000001000", "endTimeUnixNano": "1700000000000251000",
    "attributes": [
      {"key": "http.route", "value": {"stringValue": "/v1/links"}},
      {"key": "http.response.status_code", "value": {"intValue": "503"}},
      {"key": "ratio", "value": {"doubleValue": 0.5}},
      {"key": "retried", "value": {"boolValue": true}}],
    "status": {"code": 2}})"));
}

TEST(Otlp, RootSpanWithoutErrorAndWithOddText) {
  std::string out;
  append_otlp_span(out, {.context = kContext,
                         .parent = std::nullopt,
                         .name = "a\"\n\xff",
                         .kind = SpanKind::kInternal,
                         .start = base::from_micros(5),
                         .duration = base::Micros{-7},
                         .attributes = {}});
  EXPECT_TRUE(base::is_utf8(out));
  const object span = boost::json::parse(out).as_object();
  EXPECT_FALSE(span.contains("parentSpanId"));
  EXPECT_EQ(span.at("name").as_string(), "a\"\n\xef\xbf\xbd");
  EXPECT_EQ(span.at("kind").as_int64(), 1);
  EXPECT_EQ(span.at("startTimeUnixNano").as_string(), "5000");
  EXPECT_EQ(span.at("endTimeUnixNano").as_string(), "5000");
  EXPECT_TRUE(span.at("status").as_object().empty());
}

TEST(Otlp, RejectedSpansOfAnAnswer) {
  struct Row {
    std::string_view answer;
    std::uint64_t rejected;
  };
  const Row rows[] = {
      {"{}", 0},
      {R"({"partialSuccess":{"rejectedSpans":"3","errorMessage":"no"}})", 3},
      {R"({"partialSuccess":{"rejectedSpans":4}})", 4},
      {R"({"partialSuccess":{"rejectedSpans":-4}})", 0},
      {R"({"partialSuccess":{"rejectedSpans":"x"}})", 0},
      {R"({"partialSuccess":{"rejectedSpans":null}})", 0},
      {R"({"partialSuccess":{"errorMessage":"a warning"}})", 0},
      {R"({"partialSuccess":[]})", 0},
      {R"([1])", 0},
      {"", 0},
      {"<html>", 0},
  };
  for (const Row& row : rows)
    EXPECT_EQ(otlp_rejected_spans(row.answer), row.rejected) << row.answer;
}

TEST(OtlpExporter, SendsWhatWasRecorded) {
  Collector collector({response(200)});
  Exporting exporting(collector.endpoint() + "/");
  const TraceContext own = exporting.tracer().child_of(kParent);
  exporting.tracer().record(own, kParent, "GET /{code}", base::from_micros(77), base::Micros{3},
                            false, {{"http.response.status_code", 302}}, SpanKind::kClient);
  TraceContext unsampled = own;
  unsampled.sampled = false;
  exporting.tracer().record(unsampled, kParent, "not me", base::from_micros(78), base::Micros{3},
                            false, {});
  EXPECT_LT(exporting.stop(), base::Millis{900});
  const std::vector<Request> requests = collector.wait_for(1);
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_TRUE(requests[0].head.starts_with("POST /v1/traces HTTP/1.1\r\n")) << requests[0].head;
  EXPECT_NE(requests[0].head.find("\r\nContent-Type: application/json"), std::string::npos);
  EXPECT_EQ(requests[0].head.find("Expect:"), std::string::npos);
  const value body = boost::json::parse(requests[0].body);
  EXPECT_EQ(body.at("resourceSpans").at(0).at("resource").at("attributes"), boost::json::parse(R"([
    {"key": "service.name", "value": {"stringValue": "ashlar \"test\""}},
    {"key": "service.version", "value": {"stringValue": "1.2.3"}}])"));
  EXPECT_EQ(body.at("resourceSpans").at(0).at("scopeSpans").at(0).at("scope"),
            boost::json::parse(R"({"name": "ashlar", "version": "1.2.3"})"));
  const array spans = spans_of(requests[0].body);
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0].at("name").as_string(), "GET /{code}");
  EXPECT_EQ(spans[0].at("kind").as_int64(), 3);
  EXPECT_EQ(spans[0].at("parentSpanId").as_string(), "00f067aa0ba902b7");
  EXPECT_EQ(exporting.exported(), 1U);
  EXPECT_EQ(exporting.dropped(), 0U);
}

TEST(OtlpExporter, SendsByItselfAndAgain) {
  Collector collector({response(200)});
  Exporting exporting(collector.endpoint());
  exporting.record("a");
  ASSERT_EQ(collector.wait_for(1).size(), 1U);
  exporting.record("b");
  ASSERT_EQ(collector.wait_for(2).size(), 2U);
}

TEST(OtlpExporter, BatchesAreBoundedAndEverySpanIsCounted) {
  Collector collector({response(200)});
  Exporting exporting(collector.endpoint());
  constexpr std::size_t kThreads = 4;
  constexpr std::size_t kSpans = 1000;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (std::size_t i = 0; i < kSpans; ++i) exporting.record("span");
    });
  }
  for (std::thread& thread : threads) thread.join();
  exporting.stop();
  std::size_t arrived = 0;
  for (const Request& request : collector.wait_for(1)) {
    const std::size_t spans = spans_of(request.body).size();
    EXPECT_LE(spans, 512U);
    arrived += spans;
  }
  EXPECT_GE(arrived, 512U);
  EXPECT_EQ(exporting.exported(), arrived);
  EXPECT_EQ(exporting.exported() + exporting.dropped(), kThreads * kSpans);
}

TEST(OtlpExporter, RetriesWhenAskedToAndWaitsAsLongAsItIsTold) {
  Collector collector(
      {response(503, "Retry-After: 1\r\n"), response(429), response(502), response(200)});
  Exporting exporting(collector.endpoint());
  exporting.record("a");
  const std::vector<Request> requests = collector.wait_for(4);
  ASSERT_EQ(requests.size(), 4U);
  EXPECT_GE(requests[1].arrived - requests[0].arrived, base::Seconds{1});
  EXPECT_EQ(requests[3].body, requests[0].body);
  exporting.stop();
  EXPECT_EQ(exporting.exported(), 1U);
  EXPECT_EQ(exporting.dropped(), 0U);
}

TEST(OtlpExporter, GivesUpAfterFourAttemptsAndTellsOnce) {
  Collector collector({response(504)});
  Exporting exporting(collector.endpoint(), Level::kInfo);
  exporting.record("a");
  EXPECT_EQ(collector.wait_for(4).size(), 4U);
  exporting.record("b");
  EXPECT_EQ(collector.wait_for(5).size(), 5U);
  exporting.stop();
  EXPECT_EQ(exporting.exported(), 0U);
  EXPECT_EQ(exporting.dropped(), 2U);
  const std::string logged = exporting.logged();
  EXPECT_NE(logged.find("\"trace export fails\",\"status\":504"), std::string::npos) << logged;
  EXPECT_EQ(std::ranges::count(logged, '\n'), 1) << logged;
}

TEST(OtlpExporter, DropsAtOnceWhatTheCollectorRefuses) {
  Collector collector({response(400), response(200)});
  Exporting exporting(collector.endpoint(), Level::kInfo);
  exporting.record("a");
  ASSERT_EQ(collector.wait_for(1).size(), 1U);
  exporting.record("b");
  const std::vector<Request> requests = collector.wait_for(2);
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(spans_of(requests[1].body).at(0).at("name").as_string(), "b");
  exporting.stop();
  EXPECT_EQ(exporting.exported(), 1U);
  EXPECT_EQ(exporting.dropped(), 1U);
  EXPECT_NE(exporting.logged().find("trace export works again"), std::string::npos);
}

TEST(OtlpExporter, CountsWhatTheCollectorRejectedOfABatch) {
  Collector collector({response(200, "", R"({"partialSuccess":{"rejectedSpans":"2"}})")});
  Exporting exporting(collector.endpoint());
  for (const char* name : {"a", "b", "c"}) exporting.record(name);
  exporting.stop();
  EXPECT_EQ(exporting.exported(), 1U);
  EXPECT_EQ(exporting.dropped(), 2U);
}

TEST(OtlpExporter, StopsWithinItsTimeWhenTheCollectorHangs) {
  Collector collector({""});
  Exporting exporting(collector.endpoint());
  for (int i = 0; i < 400; ++i) exporting.record("a");  // enough to be sent without lingering
  ASSERT_EQ(collector.wait_for(1).size(), 1U);
  exporting.record("b");
  EXPECT_LT(exporting.stop(), base::Millis{3000});
  EXPECT_EQ(exporting.exported(), 0U);
  EXPECT_EQ(exporting.dropped(), 401U);
}

TEST(OtlpExporter, StopsAtOnceDuringALongRetryAfter) {
  Collector collector({response(503, "Retry-After: 200\r\n")});
  Exporting exporting(collector.endpoint());
  exporting.record("a");
  ASSERT_EQ(collector.wait_for(1).size(), 1U);
  EXPECT_LT(exporting.stop(), base::Millis{1500});
  EXPECT_EQ(collector.wait_for(1).size(), 1U);  // not asked again
  EXPECT_EQ(exporting.dropped(), 1U);
}

TEST(OtlpExporter, NobodyListens) {
  std::string endpoint;
  {
    const Collector gone({""});
    endpoint = gone.endpoint();
  }
  Exporting exporting(endpoint);
  exporting.record("a");
  EXPECT_LT(exporting.stop(), base::Millis{2500});
  EXPECT_EQ(exporting.dropped(), 1U);
}

}  // namespace
}  // namespace ashlar::obs
