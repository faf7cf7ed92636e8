// Http2Double: an HTTP/2 server on loopback that does to each request what a
// test says: answers, resets, goes away, hangs, breaks off. With TLS or
// without; quick enough to measure against.
//
// One thread; the script is called on it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ashlar::outbound {

class Http2Double {
 public:
  struct Request {
    std::vector<std::pair<std::string, std::string>> fields;  // pseudo-headers among them
    std::string body;
    std::int32_t stream = 0;
    int connection = 0;  // 1, 2, … in order of arrival

    [[nodiscard]] std::string field(const std::string& name) const;  // "" where there is none
  };
  enum class Act : std::uint8_t {
    kAnswer,
    kReset,         // RST_STREAM with `error`
    kGoAwayBefore,  // GOAWAY: this stream is above the last one that was
                    // processed
    kGoAwayAfter,   // answers, then GOAWAY
    kHang,          // neither answers nor resets
    kClose,         // ends the connection
  };
  struct Reply {
    Act act = Act::kAnswer;
    int status = 200;
    std::vector<std::pair<std::string, std::string>> fields{};
    std::string body{};
    std::uint32_t error = 0;
  };
  using Script = std::function<Reply(const Request&)>;

  struct Options {
    bool tls = false;
    std::string protocol = "h2";  // that ALPN chooses; empty: none
    std::uint32_t max_streams = 100;
    bool mute = false;  // accepts, and says nothing: no SETTINGS, no PING
    std::string raw{};  // not empty: said instead of HTTP/2, then the connection ends
  };
  Http2Double(Options options, Script script);
  ~Http2Double();
  Http2Double(const Http2Double&) = delete;
  Http2Double& operator=(const Http2Double&) = delete;

  [[nodiscard]] std::string url(const std::string& path) const;
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] const std::string& ca_file() const;  // PEM; deleted with the double
  [[nodiscard]] int connections() const;             // accepted so far
  [[nodiscard]] std::uint64_t requests() const;
  [[nodiscard]] std::uint32_t most_streams() const;  // open at once on one connection
  void hush();  // from now on nothing is said, PINGs are not answered

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::outbound
