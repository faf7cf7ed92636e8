// grpc_load: a load generator for Envoy's rate limit service over gRPC (HTTP/2 with prior
// knowledge), open or closed loop. One thread; each answer is checked.
//
//   grpc_load --port 8081 --seconds 10 --connections 4 --streams 32 --descriptors 3 --keys 1000000
//   grpc_load --port 8081 --seconds 10 --rate 5000 --rules 1000 --keys 100000 --draw uniform
//
// Each call asks ShouldRateLimit of --domain for --descriptors descriptors: the i-th is
// (di, uKEY), or, with --rules R, (route, rRULE) (user, uKEY), RULE uniform below R. KEY is below
// --keys by --draw: zipf (exponent 1.0), uniform, or each (0, 1, 2, …).
//
// Open loop (--rate): call k is due at start + k / rate, whether or not the server keeps up; its
// latency counts from then. Closed loop: every stream asks again when it has its answer. A call
// that is due while no connection is up counts as unreachable.
//
// --start-ms M begins at M ms of the Unix epoch.
//
// Prints name=value a line: calls (answered with gRPC status 0), per_second, ok, over_limit,
// p50_us …; wrong (an answer that is not one, or of another number of descriptors), failed_N (calls
// by gRPC status N), broken (calls whose stream or connection went), unreachable, unsent (due,
// never sent), unanswered (at the end), generator_cpu_s. --timeline-ms T adds, for each T ms of
// when calls were due: timeline MS ok=… over=… failed=… broken=… unreachable=… p50_us=… p99_us=…
// max_us=…. Exit status 0 whatever the answers are: the scripts judge.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "rls_messages.h"
#include "tally.h"

namespace {

using Clock = std::chrono::steady_clock;
using Nanos = std::chrono::nanoseconds;

struct Options {
  std::uint16_t port = 0;
  double rate = 0;  // calls a second; 0: closed loop
  double seconds = 10;
  std::size_t connections = 4;
  std::size_t streams = 32;  // of each connection
  std::uint64_t requests = UINT64_MAX;
  CallOptions call;
  std::int64_t timeline_ms = 0;  // 0: none
  std::int64_t start_ms = 0;     // 0: at once
};

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "grpc_load: %s\n", why.c_str());
  std::exit(2);
}

Options parse(int argc, char** argv) {
  std::map<std::string_view, std::string> given;
  for (const char* name : {"--port", "--rate", "--seconds", "--connections", "--streams",
                           "--requests", "--descriptors", "--keys", "--rules", "--draw", "--domain",
                           "--timeline-ms", "--start-ms", "--seed"}) {
    given[name];
  }
  for (int i = 1; i < argc; i += 2) {
    const auto option = given.find(argv[i]);
    if (option == given.end() || i + 1 == argc) die(std::string("wrong option ") + argv[i]);
    option->second = argv[i + 1];
  }
  const auto number = [&](std::string_view name, auto& into) {
    if (given[name].empty()) return;
    into = static_cast<std::remove_reference_t<decltype(into)>>(std::atof(given[name].c_str()));
  };
  Options options;
  number("--port", options.port);
  number("--rate", options.rate);
  number("--seconds", options.seconds);
  number("--connections", options.connections);
  number("--streams", options.streams);
  number("--requests", options.requests);
  number("--descriptors", options.call.descriptors);
  number("--keys", options.call.keys);
  number("--rules", options.call.rules);
  number("--timeline-ms", options.timeline_ms);
  number("--start-ms", options.start_ms);
  number("--seed", options.call.seed);
  if (!given["--draw"].empty()) options.call.draw = given["--draw"];
  if (!given["--domain"].empty()) options.call.domain = given["--domain"];
  if (options.port == 0 || options.call.keys == 0 || options.call.descriptors == 0) {
    die("--port, --keys and --descriptors must be above 0");
  }
  if (options.call.draw != "zipf" && options.call.draw != "uniform" &&
      options.call.draw != "each") {
    die("--draw zipf, uniform or each");
  }
  return options;
}

struct Stream {
  Clock::time_point due;
  std::string request;
  std::size_t sent = 0;
  std::string answer;
  int grpc_status = -1;
  bool busy = false;
};

class Load;

struct Connection {
  Load* load = nullptr;
  int fd = -1;  // -1: down
  nghttp2_session* session = nullptr;
  std::vector<std::unique_ptr<Stream>> streams;
  std::vector<Stream*> free;
  std::string output;
  bool blocked = false;  // the socket is full
  bool waits = false;    // epoll tells when it is not
  bool doomed = false;
  Clock::time_point down_since;
};

class Load {
 public:
  explicit Load(const Options& options) : options_(options), calls_(options.call) {}

  void run() {
    ::prctl(PR_SET_TIMERSLACK, 1UL);  // a due call must not wait for the kernel's usual 50 us
    epoll_ = ::epoll_create1(0);
    connections_.resize(options_.connections);
    for (Connection& c : connections_) {
      c.load = this;
      for (std::size_t i = 0; i < options_.streams; ++i) {
        c.streams.push_back(std::make_unique<Stream>());
      }
      if (!open(c)) die(std::string("connect: ") + std::strerror(errno));
    }
    if (options_.start_ms > 0) {
      std::this_thread::sleep_until(
          std::chrono::system_clock::time_point(std::chrono::milliseconds(options_.start_ms)));
    }
    start_ = Clock::now();
    last_answer_ = start_;
    end_ = start_ + after(options_.seconds);
    std::array<epoll_event, 256> events{};
    while (!over()) {
      const timespec wait = send_what_is_due();
      const int count =
          ::epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &wait, nullptr);
      for (int i = 0; i < count; ++i) {
        on_ready(connections_[events[static_cast<std::size_t>(i)].data.u64],
                 events[static_cast<std::size_t>(i)].events);
      }
    }
    report();
  }

 private:
  static Nanos after(double seconds) {
    return std::chrono::duration_cast<Nanos>(std::chrono::duration<double>(seconds));
  }

  // Answers still on their way at the end get five more seconds.
  [[nodiscard]] bool over() const {
    const auto now = Clock::now();
    const bool all_sent = now >= end_ || sent_ >= options_.requests;
    return (all_sent && under_way_ == 0) || now >= end_ + std::chrono::seconds(5);
  }

  bool open(Connection& c) {
    c.fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(c.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      ::close(c.fd);
      c.fd = -1;
      c.down_since = Clock::now();
      return false;
    }
    const int on = 1;
    ::setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = static_cast<std::uint64_t>(&c - connections_.data());
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, c.fd, &event);
    begin_session(c);
    c.free.clear();
    for (const auto& stream : c.streams) c.free.push_back(stream.get());
    return true;
  }

  static void begin_session(Connection& c) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_client_new(&c.session, callbacks, &c);
    nghttp2_session_callbacks_del(callbacks);
    constexpr std::int32_t kWindow = 1 << 24;
    const std::array<nghttp2_settings_entry, 2> settings{
        {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0}, {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20}}};
    nghttp2_submit_settings(c.session, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
    nghttp2_session_set_local_window_size(c.session, NGHTTP2_FLAG_NONE, 0, kWindow);
    c.output.clear();
    c.blocked = c.waits = c.doomed = false;
  }

  void go_down(Connection& c) {
    ::close(c.fd);
    c.fd = -1;
    c.down_since = Clock::now();
    nghttp2_session_del(c.session);
    c.session = nullptr;
    for (const auto& stream : c.streams) {
      if (stream->busy) end_call(*stream).broken += 1;
    }
    c.free.clear();
  }

  void come_back() {
    const auto now = Clock::now();
    for (Connection& c : connections_) {
      if (c.fd < 0 && now - c.down_since >= std::chrono::milliseconds(100)) open(c);
    }
  }

  // How long to wait for the next, unless an answer comes first.
  timespec send_what_is_due() {
    constexpr timespec kForAnswers{0, 10'000'000};
    timespec wait = kForAnswers;
    come_back();
    while (sent_ < options_.requests) {
      const auto now = Clock::now();
      const auto due =
          options_.rate > 0 ? start_ + after(static_cast<double>(sent_) / options_.rate) : now;
      if (due >= end_) break;
      if (due > now) {
        wait = {0, std::min<long>((due - now).count(), kForAnswers.tv_nsec)};
        break;
      }
      if (!begin_call(due)) break;
    }
    for (Connection& c : connections_) {
      if (c.fd >= 0) write(c);
    }
    return wait;
  }

  // False: every stream is busy, or in a closed loop no connection is up.
  bool begin_call(Clock::time_point due) {
    bool any_up = false;
    for (std::size_t tried = 0; tried < connections_.size(); ++tried) {
      Connection& c = connections_[turn_];
      turn_ = turn_ + 1 == connections_.size() ? 0 : turn_ + 1;
      any_up = any_up || c.fd >= 0;
      if (c.free.empty()) continue;
      Stream& stream = *c.free.back();
      c.free.pop_back();
      submit(c, stream, due);
      return true;
    }
    if (any_up || options_.rate == 0) return false;
    ++sent_;
    of(due).unreachable += 1;
    return true;
  }

  void submit(Connection& c, Stream& stream, Clock::time_point due) {
    ++sent_;
    ++under_way_;
    stream.due = due;
    stream.busy = true;
    stream.sent = 0;
    stream.answer.clear();
    stream.grpc_status = -1;
    calls_.next(stream.request);
    const auto header = [](std::string_view name, std::string_view value) {
      const auto bytes = [](std::string_view text) {
        return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
      };
      return nghttp2_nv{bytes(name), bytes(value), name.size(), value.size(),
                        NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
    };
    static const std::array<nghttp2_nv, 7> kHeaders{
        header(":method", "POST"),
        header(":scheme", "http"),
        header(":path", "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit"),
        header(":authority", "127.0.0.1"),
        header("content-type", "application/grpc"),
        header("te", "trailers"),
        header("user-agent", "grpc_load")};
    nghttp2_data_provider body{{.ptr = &stream}, read_body};
    if (nghttp2_submit_request(c.session, nullptr, kHeaders.data(), kHeaders.size(), &body,
                               &stream) < 0) {
      end_call(stream).broken += 1;
      c.doomed = true;
    }
  }

  static ssize_t read_body(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t room,
                           std::uint32_t* flags, nghttp2_data_source* source, void*) {
    Stream& stream = *static_cast<Stream*>(source->ptr);
    const std::size_t size = std::min(room, stream.request.size() - stream.sent);
    std::memcpy(into, stream.request.data() + stream.sent, size);
    stream.sent += size;
    if (stream.sent == stream.request.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
  }

  static Stream* stream_of(nghttp2_session* session, std::int32_t id) {
    return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, id));
  }

  static int on_header(nghttp2_session* session, const nghttp2_frame* frame,
                       const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value,
                       std::size_t value_size, std::uint8_t, void*) {
    const std::string_view text(reinterpret_cast<const char*>(name), name_size);
    if (text != "grpc-status") return 0;
    Stream* stream = stream_of(session, frame->hd.stream_id);
    if (stream == nullptr) return 0;
    stream->grpc_status =
        std::atoi(std::string(reinterpret_cast<const char*>(value), value_size).c_str());
    return 0;
  }

  static int on_data(nghttp2_session* session, std::uint8_t, std::int32_t id,
                     const std::uint8_t* data, std::size_t size, void*) {
    Stream* stream = stream_of(session, id);
    if (stream != nullptr) stream->answer.append(reinterpret_cast<const char*>(data), size);
    return 0;
  }

  static int on_close(nghttp2_session* session, std::int32_t id, std::uint32_t, void* user) {
    Connection& c = *static_cast<Connection*>(user);
    Stream* stream = stream_of(session, id);
    if (stream == nullptr || !stream->busy) return 0;
    c.load->finish(*stream);
    c.free.push_back(stream);
    return 0;
  }

  // Of the stretch of time in which the call was due.
  Tally& of(Clock::time_point due) {
    if (options_.timeline_ms == 0) return total_;
    const auto at =
        static_cast<std::size_t>((due - start_) / std::chrono::milliseconds(options_.timeline_ms));
    if (timeline_.size() <= at) timeline_.resize(at + 1);
    return timeline_[at];
  }

  Tally& end_call(Stream& stream) {
    stream.busy = false;
    --under_way_;
    return of(stream.due);
  }

  void finish(Stream& stream) {
    const auto now = Clock::now();
    Tally& tally = end_call(stream);
    if (stream.grpc_status < 0) {
      tally.broken += 1;
      return;
    }
    if (stream.grpc_status > 0) {
      tally.failed[stream.grpc_status] += 1;
      return;
    }
    last_answer_ = now;
    const RlsAnswer answer(stream.answer);
    const bool right = answer.statuses == options_.call.descriptors;
    (right && answer.code == 1   ? tally.ok
     : right && answer.code == 2 ? tally.over
                                 : tally.wrong) += 1;
    tally.latencies.add(now - stream.due);
  }

  void on_ready(Connection& c, std::uint32_t events) {
    if (c.fd < 0) return;
    if ((events & EPOLLOUT) != 0) c.blocked = false;
    std::array<std::uint8_t, 65536> buffer;
    const ssize_t got = ::recv(c.fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    const bool nothing = got < 0 && (errno == EAGAIN || errno == EINTR);
    if (got > 0) {
      const auto size = static_cast<std::size_t>(got);
      if (nghttp2_session_mem_recv(c.session, buffer.data(), size) != got) c.doomed = true;
    } else if (!nothing) {
      c.doomed = true;
    }
    if (c.doomed || nghttp2_session_want_read(c.session) == 0) go_down(c);
  }

  void write(Connection& c) {
    if (!c.blocked) {
      const std::uint8_t* bytes = nullptr;
      for (ssize_t size = 0; (size = nghttp2_session_mem_send(c.session, &bytes)) > 0;) {
        c.output.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
      }
    }
    if (c.blocked || c.output.empty()) return;
    const ssize_t sent =
        ::send(c.fd, c.output.data(), c.output.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN) return go_down(c);
    c.output.erase(0, static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
    c.blocked = !c.output.empty();
    epoll_event event{};
    event.events = c.blocked ? EPOLLIN | EPOLLOUT : EPOLLIN;
    event.data.u64 = static_cast<std::uint64_t>(&c - connections_.data());
    if (c.blocked || c.waits) ::epoll_ctl(epoll_, EPOLL_CTL_MOD, c.fd, &event);
    c.waits = c.blocked;
  }

  void report_timeline() {
    for (std::size_t i = 0; i < timeline_.size(); ++i) {
      Tally& t = timeline_[i];
      t.print_line(static_cast<std::int64_t>(i) * options_.timeline_ms);
      total_.add(t);
    }
  }

  void report() {
    report_timeline();
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const double cpu_s = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    const std::size_t answered = total_.latencies.size();
    const double seconds = std::chrono::duration<double>(last_answer_ - start_).count();
    std::printf("calls=%zu\nseconds=%.3f\nper_second=%.0f\nok=%zu\nover_limit=%zu\nwrong=%zu\n",
                answered, seconds, answered > 0 ? static_cast<double>(answered) / seconds : 0,
                total_.ok, total_.over, total_.wrong);
    total_.latencies.print("");
    for (const auto& [status, count] : total_.failed) std::printf("failed_%d=%zu\n", status, count);
    const double due = options_.rate > 0 ? std::min(options_.rate * options_.seconds,
                                                    static_cast<double>(options_.requests))
                                         : 0;
    std::printf("failed=%zu\nbroken=%zu\nunreachable=%zu\nunsent=%.0f\nunanswered=%zu\n",
                total_.failures(), total_.broken, total_.unreachable,
                std::max(0.0, due - static_cast<double>(sent_)), under_way_);
    std::printf("generator_cpu_s=%.2f\n", cpu_s);
  }

  const Options& options_;
  RlsCalls calls_;
  int epoll_ = -1;
  std::vector<Connection> connections_;
  std::size_t turn_ = 0;
  Clock::time_point start_;
  Clock::time_point end_;
  Clock::time_point last_answer_;
  std::uint64_t sent_ = 0;
  std::size_t under_way_ = 0;
  Tally total_;  // with a timeline: not before the end
  std::vector<Tally> timeline_;
};

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  Load(options).run();
  return 0;
}
