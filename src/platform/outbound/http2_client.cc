#include "platform/outbound/http2_client.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "platform/observability/metrics.h"
#include "platform/outbound/http2_metrics.h"
#include "platform/outbound/http2_origin.h"
#include "platform/outbound/tls_client.h"
#include "platform/runtime/event_loop.h"
#include "platform/runtime/thread_name.h"

namespace ashlar::outbound {
namespace {

constexpr base::Millis kConnectionsTick{50};

const std::uint8_t* bytes_of(const std::string& text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

// Where the path begins; npos: this is no URL.
std::size_t path_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return scheme;
  return std::min(url.find('/', scheme + 3), url.size());
}

// What is wrong with it in itself; null: nothing.
const char* fault_of(const Http2Request& request) {
  if (path_of(request.url) == std::string::npos) return "this is no URL";
  for (const char c : request.url) {
    if (c <= 0x20 || c >= 0x7f || c == '#') return "a URL has no such characters";
  }
  for (const Http2Field& field : request.fields) {
    if (nghttp2_check_header_name(bytes_of(field.name), field.name.size()) == 0 ||
        nghttp2_check_header_value(bytes_of(field.value), field.value.size()) == 0) {
      return "a field has no such name or value";
    }
  }
  return nullptr;
}

}  // namespace

const char* name_of(Http2End end) {
  switch (end) {
    case Http2End::kAnswered:
      return "answered";
    case Http2End::kUnreachable:
      return "unreachable";
    case Http2End::kBroken:
      return "broken";
    case Http2End::kTimedOut:
      return "timed_out";
    case Http2End::kHttp1Only:
      return "http1_only";
    case Http2End::kForbidden:
      return "forbidden";
    case Http2End::kBusy:
      return "busy";
    case Http2End::kStopping:
      return "stopping";
  }
  return "unknown";
}

struct Http2Client::Impl {
  Impl(Options given, const base::Clock& own_clock, obs::Registry& registry)
      : options(std::move(given)),
        clock(own_clock),
        loop(clock, kTick),
        tls(options.ca_file),
        lookup(options.names),
        metrics(options.name, registry),
        random(options.seed),
        shared{options,
               loop,
               lookup,
               tls,
               metrics,
               random,
               [this](Http2Call& call) { tell(call); },
               [this](std::uint64_t number, std::function<void(Http2Origin&)> run) {
                 loop.post([this, number, run = std::move(run)] {
                   const auto at = by_number.find(number);
                   if (at != by_number.end()) run(*at->second);
                 });
               }} {
    loop.on_tick([this] { tick(); });
  }

  bool accept(std::unique_ptr<Http2Call>& call);
  void take_in();
  void admit(std::unique_ptr<Http2Call> call);
  Http2Origin* origin_of(Http2Call& call);
  void forget_idle_origin();
  void refuse(Http2Call& call, Http2End end, const char* why);
  void tell(Http2Call& call);
  void tick();
  void begin_stop();
  void end_if_stopped(base::Mono now);

  const Options options;
  const base::Clock& clock;
  runtime::EventLoop loop;
  const TlsClientContext tls;
  HostLookup lookup;
  Http2Metrics metrics;
  base::Random random;
  Http2Shared shared;
  std::atomic<std::size_t> known{0};

  // The client's thread's.
  std::unordered_map<std::string, std::unique_ptr<Http2Origin>> origins;
  std::unordered_map<std::uint64_t, Http2Origin*> by_number;
  std::uint64_t last_number = 0;
  std::set<std::pair<base::Mono, Http2Call*>> deadlines;
  base::Mono next_connections_tick{};
  std::vector<Http2Origin*> touched;  // scratch
  base::Mono stop_until = base::Mono::max();

  std::mutex mutex;  // guards what follows
  std::vector<std::unique_ptr<Http2Call>> inbox;
  bool stopping = false;
  std::thread thread;
};

bool Http2Client::Impl::accept(std::unique_ptr<Http2Call>& call) {
  const std::lock_guard lock(mutex);
  if (stopping) return false;
  if (!thread.joinable()) {
    thread = std::thread([this] {
      runtime::set_thread_name(options.name);
      loop.run();
    });
  }
  inbox.push_back(std::move(call));
  if (inbox.size() == 1) loop.post([this] { take_in(); });
  return true;
}

void Http2Client::Impl::take_in() {
  std::vector<std::unique_ptr<Http2Call>> batch;
  {
    const std::lock_guard lock(mutex);
    batch.swap(inbox);
  }
  for (auto& call : batch) admit(std::move(call));
  for (Http2Origin* origin : touched) {
    origin->pump();
    origin->flush();
  }
  touched.clear();
}

void Http2Client::Impl::refuse(Http2Call& call, Http2End end, const char* why) {
  call.result.end = end;
  call.result.detail = why;
  tell(call);
}

void Http2Client::Impl::admit(std::unique_ptr<Http2Call> call) {
  deadlines.emplace(call->request.deadline, call.get());
  if (stop_until != base::Mono::max()) {
    return refuse(*call, Http2End::kStopping, "the client is stopped");
  }
  if (call->request.deadline <= loop.mono()) {
    return refuse(*call, Http2End::kTimedOut, "the time was over before it could be sent");
  }
  Http2Origin* origin = origin_of(*call);
  if (origin == nullptr) return;
  call->origin = origin;
  if (std::ranges::find(touched, origin) == touched.end()) touched.push_back(origin);
  origin->add(std::move(call));
}

// Null: the call was refused.
Http2Origin* Http2Client::Impl::origin_of(Http2Call& call) {
  const std::string& url = call.request.url;
  const std::size_t path = path_of(url);
  call.path = path == url.size() ? std::string_view("/") : std::string_view(url).substr(path);
  std::string key = url.substr(0, path);
  const auto at = origins.find(key);
  if (at != origins.end()) return at->second.get();

  auto target = check_target(key, {.allow_private = options.allow_private});
  if (!target.ok()) {
    refuse(call, Http2End::kForbidden, target.error().reason);
    return nullptr;
  }
  if (!target->secure && !options.allow_private) {
    refuse(call, Http2End::kForbidden, "only https is spoken here");
    return nullptr;
  }
  if (origins.size() >= options.max_origins) forget_idle_origin();
  if (origins.size() >= options.max_origins) {
    refuse(call, Http2End::kBusy, "too many servers are asked at once");
    return nullptr;
  }
  auto made = std::make_unique<Http2Origin>(shared, std::move(*target), ++last_number);
  Http2Origin* origin = made.get();
  by_number.emplace(last_number, origin);
  origins.emplace(std::move(key), std::move(made));
  return origin;
}

void Http2Client::Impl::forget_idle_origin() {
  for (auto at = origins.begin(); at != origins.end(); ++at) {
    Http2Origin* origin = at->second.get();
    if (!origin->idle() || std::ranges::find(touched, origin) != touched.end()) continue;
    by_number.erase(origin->number());
    origins.erase(at);
    return;
  }
}

void Http2Client::Impl::tell(Http2Call& call) {
  deadlines.erase({call.request.deadline, &call});
  const Done done = std::exchange(call.done, nullptr);
  metrics.requests[static_cast<std::size_t>(call.result.end)]->add();
  known.fetch_sub(1);
  if (call.result.end == Http2End::kHttp1Only) {
    call.result.request = std::make_shared<Http2Request>(std::move(call.request));
  }
  done(std::move(call.result));
}

void Http2Client::Impl::tick() {
  const base::Mono now = loop.mono();
  while (!deadlines.empty() && deadlines.begin()->first <= now) {
    Http2Call& call = *deadlines.begin()->second;
    call.origin->expire(call);
  }
  if (now >= next_connections_tick) {
    next_connections_tick = now + kConnectionsTick;
    for (const auto& [key, origin] : origins) origin->on_tick(now);
  }
  end_if_stopped(now);
}

void Http2Client::Impl::begin_stop() {
  stop_until = loop.mono() + options.stop_timeout;
  for (const auto& [key, origin] : origins) origin->stop();
  end_if_stopped(loop.mono());
}

void Http2Client::Impl::end_if_stopped(base::Mono now) {
  if (stop_until == base::Mono::max()) return;
  const bool idle =
      std::ranges::all_of(origins, [](const auto& entry) { return entry.second->idle(); });
  if (!idle && now < stop_until) return;
  for (const auto& [key, origin] : origins) origin->abort();
  CHECK(deadlines.empty());
  loop.stop();
}

Http2Client::Http2Client(Options options, const base::Clock& clock, obs::Registry& metrics)
    : impl_(std::make_unique<Impl>(std::move(options), clock, metrics)) {}

Http2Client::~Http2Client() { stop(); }

void Http2Client::submit(Http2Request request, Done done) {
  auto call = std::make_unique<Http2Call>();
  call->request = std::move(request);
  call->done = std::move(done);
  const auto refuse = [this, &call](Http2End end, const char* why) {
    impl_->metrics.requests[static_cast<std::size_t>(end)]->add();
    call->done({.end = end, .detail = why});
  };
  if (const char* fault = fault_of(call->request)) return refuse(Http2End::kForbidden, fault);
  if (impl_->known.fetch_add(1) >= impl_->options.max_calls) {
    impl_->known.fetch_sub(1);
    return refuse(Http2End::kBusy, "as many requests are under way as may be");
  }
  if (impl_->accept(call)) return;
  impl_->known.fetch_sub(1);
  refuse(Http2End::kStopping, "the client is stopped");
}

void Http2Client::stop() {
  std::thread thread;
  {
    const std::lock_guard lock(impl_->mutex);
    if (!std::exchange(impl_->stopping, true)) impl_->loop.post([this] { impl_->begin_stop(); });
    thread = std::move(impl_->thread);
  }
  if (thread.joinable()) thread.join();
}

}  // namespace ashlar::outbound
