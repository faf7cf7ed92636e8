#include "platform/observability/otlp_exporter.h"

#include <curl/curl.h>

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>

#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/observability/otlp.h"
#include "platform/observability/quiet_thread.h"
#include "platform/observability/record_queue.h"

namespace ashlar::obs {
namespace {

constexpr RecordQueue::Limits kLimits{.lane_bytes = 512 * 1024, .lane_records = 512};
constexpr std::size_t kBatchSpans = 512;
constexpr base::Millis kLinger{1000};
constexpr base::Millis kStopTime{2000};
constexpr long kConnectTimeoutMs = 2000;
constexpr long kRequestTimeoutMs = 5000;
constexpr int kPollMs = 50;
constexpr int kAttempts = 4;
constexpr base::Millis kFirstBackOff{200};
constexpr base::Seconds kLongestRetryAfter{300};
constexpr std::size_t kAnswerBytes = 16 * 1024;

struct Reply {
  CURLcode transport = CURLE_OK;
  long status = 0;  // 0: no answer
  base::Seconds retry_after{0};
  std::string body;  // its first kAnswerBytes

  [[nodiscard]] bool accepted() const { return status >= 200 && status < 300; }
  [[nodiscard]] bool may_retry() const {
    return status == 0 || status == 429 || status == 502 || status == 503 || status == 504;
  }
};

// One kept-alive connection to the collector. Not thread-safe.
class Collector {
 public:
  // `give_up` is asked every 50 ms while a request is under way.
  Collector(const std::string& url, std::function<bool()> give_up)
      : give_up_(std::move(give_up)), multi_(curl_multi_init()), easy_(curl_easy_init()) {
    CHECK(multi_ != nullptr && easy_ != nullptr);
    headers_ = curl_slist_append(headers_, "Content-Type: application/json");
    headers_ = curl_slist_append(headers_, "Expect:");  // saves a round trip for large bodies
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_HTTPHEADER, headers_);
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_PROXY, "");  // the configuration decides, not the environment
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
    set(CURLOPT_TIMEOUT_MS, kRequestTimeoutMs);
    set(CURLOPT_WRITEFUNCTION, &keep_beginning);
  }
  ~Collector() {
    curl_easy_cleanup(easy_);
    curl_multi_cleanup(multi_);
    curl_slist_free_all(headers_);
  }
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  Reply post(const std::string& body) {
    Reply reply;
    set(CURLOPT_POSTFIELDS, body.c_str());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    set(CURLOPT_WRITEDATA, &reply.body);
    CHECK(curl_multi_add_handle(multi_, easy_) == CURLM_OK);
    reply.transport = perform();
    if (reply.transport == CURLE_OK) {
      curl_off_t retry_after = 0;
      curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &reply.status);
      curl_easy_getinfo(easy_, CURLINFO_RETRY_AFTER, &retry_after);  // seconds, from either form
      reply.retry_after =
          std::clamp(base::Seconds{retry_after}, base::Seconds{0}, kLongestRetryAfter);
    }
    curl_multi_remove_handle(multi_, easy_);
    return reply;
  }

 private:
  template <class Value>
  void set(CURLoption option, Value value) {
    CHECK(curl_easy_setopt(easy_, option, value) == CURLE_OK);
  }

  // curl_easy_perform, but to be left when give_up_ says so.
  CURLcode perform() {
    int running = 1;
    while (running != 0) {
      if (curl_multi_perform(multi_, &running) != CURLM_OK) return CURLE_FAILED_INIT;
      if (running != 0 && give_up_()) return CURLE_ABORTED_BY_CALLBACK;
      if (running != 0) curl_multi_poll(multi_, nullptr, 0, kPollMs, nullptr);
    }
    int left = 0;
    const CURLMsg* message = curl_multi_info_read(multi_, &left);
    CHECK(message != nullptr && message->msg == CURLMSG_DONE);
    return message->data.result;
  }

  static std::size_t keep_beginning(const char* data, std::size_t, std::size_t size, void* to) {
    auto& body = *static_cast<std::string*>(to);
    body.append(data, std::min(size, kAnswerBytes - body.size()));
    return size;
  }

  const std::function<bool()> give_up_;
  CURLM* multi_;
  CURL* easy_;
  curl_slist* headers_ = nullptr;
};

std::string traces_url(std::string endpoint) {
  while (endpoint.ends_with('/')) endpoint.pop_back();
  return endpoint + "/v1/traces";
}

}  // namespace

struct OtlpExporter::Impl {
  Impl(Options o, const base::Clock& c, std::uint64_t jitter_seed, Log& l, Registry& metrics)
      : options(std::move(o)),
        clock(c),
        log(l),
        exported(metrics.make_counter("ashlar_trace_exported_total", "Spans a collector took.")),
        dropped(metrics.make_counter("ashlar_trace_dropped_total",
                                     "Spans lost: the queue was full or the collector refused.")),
        jitter(jitter_seed),
        collector(traces_url(options.endpoint), [this] { return stop_time_is_over(); }),
        sender(start_quiet_thread("traces", [this] { run(); })) {}

  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      stop_deadline = clock.mono() + kStopTime;
      stopping.notify_one();
    }
    queue.close();
    sender.join();
  }

  void run() {
    RecordQueue::Batch batch;
    bool open = true;
    do {
      open = queue.wait(kLinger);
      queue.drain(batch);
      dropped.add(batch.refused);
      std::span<const std::string_view> rest = batch.records;
      while (!rest.empty()) {
        const auto spans = rest.first(std::min(rest.size(), kBatchSpans));
        send(spans);
        rest = rest.subspan(spans.size());
      }
      queue.done_with_batch();
    } while (open);
  }

  void send(std::span<const std::string_view> spans) {
    const std::string body = otlp_request(options.service_name, options.service_version, spans);
    bool last_chance = gave_up;
    for (int attempt = 1; !last_chance; ++attempt) {
      const Reply reply = collector.post(body);
      if (reply.accepted()) return count_accepted(spans.size(), reply);
      tell_failing(reply);
      last_chance = attempt == kAttempts || !reply.may_retry();
      if (is_stopping()) {
        gave_up = last_chance = true;
      } else if (!last_chance) {
        // A stop cuts the wait short. Then one more try is fair, unless the collector asked for
        // peace.
        const bool waited = pause(reply.retry_after, attempt);
        last_chance = !waited && reply.retry_after.count() > 0;
      }
    }
    dropped.add(spans.size());
  }

  void count_accepted(std::size_t spans, const Reply& reply) {
    const std::size_t rejected = std::min<std::size_t>(spans, otlp_rejected_spans(reply.body));
    exported.add(spans - rejected);
    dropped.add(rejected);
    if (failing) log.info("trace export works again");
    failing = false;
  }

  void tell_failing(const Reply& reply) {
    if (failing) return;
    failing = true;
    log.warn("trace export fails",
             {{"status", reply.status}, {"transport", curl_easy_strerror(reply.transport)}});
  }

  // False: cut short by the destructor.
  bool pause(base::Seconds retry_after, int attempt) {
    const auto longest = static_cast<double>((kFirstBackOff * (1 << (attempt - 1))).count());
    const base::Millis back_off{static_cast<std::int64_t>(jitter.unit() * longest)};
    const base::Millis wait = std::max<base::Millis>(retry_after, back_off);
    std::unique_lock lock(mutex);
    return !stopping.wait_for(lock, wait, [this] { return stop_deadline.has_value(); });
  }

  bool is_stopping() {
    const std::lock_guard lock(mutex);
    return stop_deadline.has_value();
  }

  bool stop_time_is_over() {
    const std::lock_guard lock(mutex);
    return stop_deadline && clock.mono() >= *stop_deadline;
  }

  const Options options;
  const base::Clock& clock;
  Log& log;
  Counter& exported;
  Counter& dropped;
  RecordQueue queue{kLimits};

  std::mutex mutex;
  std::condition_variable stopping;
  std::optional<base::Mono> stop_deadline;  // guarded by mutex; set once

  // The sender thread's own:
  base::Random jitter;
  Collector collector;
  bool failing = false;
  bool gave_up = false;  // a request failed while stopping: the rest would fail too
  std::thread sender;
};

OtlpExporter::OtlpExporter(Options options, const base::Clock& clock, std::uint64_t jitter_seed,
                           Log& log, Registry& metrics) {
  CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
  impl_ = std::make_unique<Impl>(std::move(options), clock, jitter_seed, log, metrics);
}

OtlpExporter::~OtlpExporter() = default;

void OtlpExporter::push(base::Time start, std::string_view span) {
  impl_->queue.push(base::to_micros(start), span);
}

}  // namespace ashlar::obs
