// Http2Client: requests over HTTP/2 (RFC 9113) to services that are asked often, many at a time on
// few connections: push services above all. It says of each failure whether the request was
// certainly not processed, and repeats nothing but what certainly was not.
//
//   submit ──> origin ──room on a connection──> stream ──END_STREAM──> done(kAnswered)
//                │ none: waits, in order           │ RST REFUSED_STREAM, GOAWAY below its number:
//                │ (another connection is made)    │ not processed, so back to the front of the
//                └<────────────────────────────────┘ queue, kMaxReplays times at most
//
// What becomes of a request (Http2End), and `begun`: false where certainly nothing was processed,
// because no byte of it was written, or because the server has said so.
//   kAnswered     a whole answer, or more of one than max_answer_bytes (then it is cut)
//   kUnreachable  no connection: name, network, TLS; begun is false
//   kBroken       the connection or the stream ended before the answer did
//   kTimedOut     the deadline
//   kHttp1Only    the server does not speak HTTP/2 (ALPN, HTTP_1_1_REQUIRED): ask OutboundClient.
//                 Remembered for an origin for kHttp1Memory; begun is false
//   kForbidden    the address guard, or a URL that is none; begun is false
//   kBusy         max_calls or max_waiting are reached; begun is false
//   kStopping     stop() was called; begun is false
//
// Promises: 1. done is called once for each submit(): on the client's thread, or by submit() itself
//              for kBusy, kForbidden (no URL) and kStopping.
//           2. By the deadline, or kTick later, done has been called.
//           3. Never more streams than the server's MAX_CONCURRENT_STREAMS; nothing is sent before
//              its SETTINGS have come. Flow control is kept both ways.
//           4. No connection to an address that is not public, unless allow_private: judged is the
//              very address that is connected to. Without allow_private only https.
//           5. A connection that is silent for ping_after is asked (PING) and given up after
//              ping_timeout; one without a stream for idle_timeout is closed.
//           6. After a connection failed, an origin is not tried again for 100 ms, doubling up to
//              10 s: what is asked meanwhile is kUnreachable at once.
//
// A thread of its own from the first submit() on, another one for each name that is looked up. Any
// thread may call. Metrics, label `client`: ashlar_http2_client_*.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "platform/outbound/policy.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::obs {
class Registry;
}

namespace ashlar::outbound {

struct Http2Field {
  std::string name;  // lower case, neither ":…" nor one of the connection's own
  std::string value;
  bool varies = false;  // from request to request, or secret: kept out of the header table
};

struct Http2Request {
  std::string url;  // https://…; http://… is HTTP/2 by prior knowledge
  std::string method = "POST";
  std::vector<Http2Field> fields{};
  std::string body{};
  base::Mono deadline{};
};

enum class Http2End : std::uint8_t {
  kAnswered,
  kUnreachable,
  kBroken,
  kTimedOut,
  kHttp1Only,
  kForbidden,
  kBusy,
  kStopping,
};
inline constexpr std::size_t kHttp2Ends = 8;
const char* name_of(Http2End end);  // "answered", "unreachable", …

struct Http2Result {
  Http2End end = Http2End::kStopping;
  bool begun = false;
  Answer answer{};       // kAnswered
  std::string detail{};  // what went wrong, for the person who looks
  // kHttp1Only: given back, so that it can be asked for in another way.
  std::shared_ptr<Http2Request> request{};
};

class Http2Client {
 public:
  static constexpr base::Millis kTick{10};
  static constexpr base::Millis kHttp1Memory{600'000};
  static constexpr int kMaxReplays = 3;

  using Done = std::function<void(Http2Result)>;

  struct Options {
    std::string name = "http2";  // of the thread; the metrics' label
    bool allow_private = false;  // may reach loopback and private networks, may speak without TLS
    std::string ca_file{};       // PEM; besides what the system trusts
    std::vector<std::string> names{};  // "HOST:PORT:ADDRESS": what the resolver is not asked for
    std::uint64_t seed = 1;            // of jitter

    std::size_t max_calls = 16'384;    // known in all
    std::size_t max_waiting = 8'192;   // of an origin, for room on a connection
    std::size_t max_origins = 512;     // one without calls is forgotten for a new one
    std::size_t max_connections = 8;   // of an origin
    std::uint32_t max_streams = 1000;  // of a connection, even where the server allows more
    std::size_t max_answer_bytes = 64 * 1024;
    base::Millis connect_timeout{10'000};  // name, TCP, TLS and SETTINGS together
    base::Millis ping_after{20'000};
    base::Millis ping_timeout{5'000};
    base::Millis idle_timeout{300'000};
    base::Millis stop_timeout{2'000};  // what is under way at stop() may still be answered
  };
  Http2Client(Options options, const base::Clock& clock, obs::Registry& metrics);
  ~Http2Client();  // stop()
  Http2Client(const Http2Client&) = delete;
  Http2Client& operator=(const Http2Client&) = delete;

  // done must be quick and must not block: all requests wait for it. It may call submit().
  void submit(Http2Request request, Done done);

  // What waits ends with kStopping, what is under way within stop_timeout. Idempotent; not from
  // within done.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::outbound
