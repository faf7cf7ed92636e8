// SmtpConnection: one connection to a mail server on one event loop: TCP, TLS, times; what is said
// on it is smtp_dialogue.h's.
//
//   open() ──> connecting ──> [TLS] ──> dialogue ── Owner::on_open ──> idle
//   idle ──begin()──> mailing ── Owner::on_end ──> idle
//   any ──error, end of stream, expire()──> [on_end, where a mail was under way] ── on_lost ──> ~
//
// Promises
//  1. Owner's functions are called from the loop only, never within open(), begin() or quit(), and
//     after on_lost() nothing is called any more. on_end() comes once for each begin().
//  2. The step that is awaited ends within SmtpEndpoint::step_timeout, whatever trickles in
//     meanwhile, and by the mail's deadline; the answer to the final dot is awaited up to the
//     deadline, since without it nobody knows.
//  3. Bytes count as sent when the kernel has all of them.
// Threads: the loop's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "modules/notifications/mail/smtp_dialogue.h"
#include "platform/outbound/host_lookup.h"
#include "platform/runtime/event_loop.h"

namespace ashlar::outbound {
class TlsClient;
class TlsClientContext;
}  // namespace ashlar::outbound

namespace ashlar::notifications {

enum class SmtpTls : std::uint8_t { kNone, kStarttls, kTls };

struct SmtpEndpoint {
  std::string
      host;  // a name or an address, IPv6 without brackets; loopback too: an operator's word
  std::uint16_t port = 25;
  SmtpTls tls = SmtpTls::kNone;
  std::string hello_name;
  std::string username{};
  std::string password{};
  base::Millis step_timeout{30'000};
  base::Millis connect_timeout{10'000};
};

class SmtpConnection final : public runtime::Watcher {
 public:
  class Owner {
   public:
    virtual void on_open(SmtpConnection& connection) = 0;
    virtual void on_end(SmtpConnection& connection, const SendResult& result, bool stale) = 0;
    // `result`: why there is no connection, where there was none before.
    virtual void on_lost(SmtpConnection& connection, const SendResult& result) = 0;

   protected:
    ~Owner() = default;
  };

  // All outlive it; connect_timeout begins now. `tls` may be null where the endpoint wants none.
  SmtpConnection(const SmtpEndpoint& endpoint, const outbound::TlsClientContext* tls,
                 runtime::EventLoop& loop, Owner& owner);
  ~SmtpConnection() override;
  SmtpConnection(const SmtpConnection&) = delete;
  SmtpConnection& operator=(const SmtpConnection&) = delete;

  void open(std::vector<outbound::SocketAddress> addresses);
  void begin(SmtpMail mail, base::Mono deadline);  // REQUIRES: idle()
  void quit();                                     // says so, if it can; on_lost() follows
  void give_up(std::string_view why);              // on_lost() follows
  void end_now();                                  // within it what is owed is told
  void expire(base::Mono now);                     // call often

  [[nodiscard]] bool opened() const { return opened_; }
  [[nodiscard]] bool idle() const { return opened_ && !busy_ && !lost_; }
  [[nodiscard]] bool lost() const { return lost_; }
  [[nodiscard]] base::Mono idle_since() const { return since_; }
  [[nodiscard]] std::size_t mails() const { return mails_; }

  void on_ready(Ready ready) override;

 private:
  void connect_next();
  void on_connected();
  void begin_tls();
  void read(bool hangup);
  void take(std::string_view bytes);
  void handle(std::string_view plain);
  void flush();
  bool write_out();
  void soon();
  void tell();
  void fail(std::string_view why);
  void fail_tls();
  void close();
  void set_step(base::Millis timeout);

  const SmtpEndpoint& endpoint_;
  const outbound::TlsClientContext* const tls_context_;
  runtime::EventLoop& loop_;
  Owner& owner_;

  SmtpDialogue dialogue_;
  std::unique_ptr<outbound::TlsClient> tls_;
  std::vector<outbound::SocketAddress> addresses_;
  std::size_t next_address_ = 0;
  int fd_ = -1;
  bool connecting_ = false;
  bool opened_ = false;
  bool busy_ = false;  // a mail was begun and on_end() not called yet
  bool lost_ = false;
  bool tell_open_ = false;
  bool told_lost_ = false;
  bool telling_ = false;  // tell() is on its way
  std::optional<SendResult> ended_;
  SendResult why_;
  SmtpStage stage_ = SmtpStage::kConnect;  // that step_until_ was set for
  base::Mono step_until_{};
  base::Mono deadline_ = base::Mono::max();
  base::Mono since_{};
  std::size_t mails_ = 0;
  std::string wire_;
  std::size_t wire_sent_ = 0;
  std::size_t unsent_ = 0;  // bytes of the dialogue that wire_ stands for
  std::shared_ptr<SmtpConnection*> self_;
};

}  // namespace ashlar::notifications
