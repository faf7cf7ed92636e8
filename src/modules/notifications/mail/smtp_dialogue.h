// SmtpDialogue: the client's side of one SMTP connection (RFC 5321), without the connection: bytes
// in, bytes and events out.
//
//   kGreeting ──220──> kEhlo ──250──┬─ STARTTLS wanted ──> kStartTls ──220──> kHandshake
//                        ^          │                                             │ on_tls()
//                        └──────────│─────────────────────────────────────────────┘
//                                   ├─ a user is given ──> kAuthPlain, or kAuthUser ──334──>
//                                   │                      kAuthPassword ──235──┐
//                                   └─────────────────────────────────────────> kReady
//   kReady ──begin()──> kMailing ──on_mail_reply(): RSET, MAIL, RCPT, DATA, body──> kReady
//   any ──end_session(): 421, a refusal, disorder; lose()──> kLost
//
// Promises
//  1. Each begun mail ends once: by kMailEnded, or by kLost or lose() before that.
//  2. kAccepted only after a 2yz that came after the final dot; kAmbiguous only where the final dot
//     was given to the network whole and no answer that means anything came; in every other case
//     certainly nothing was handed over.
//  3. STARTTLS and AUTH are demanded, never merely tried: a server that does not offer them gets no
//     mail. What a server says before TLS is forgotten after it, and bytes that come together with
//     the consent to TLS end the connection.
//  4. With PIPELINING (RFC 2920) all up to DATA leaves at once; without, one command waits for the
//     other. A connection that had a mail before begins the next with RSET.
//  5. Memory: one mail and one reply.
// SIZE (RFC 1870) is looked at before and told; with DSN (RFC 3461) the id travels as ENVID. Mails
// are ASCII, so 8BITMIME and SMTPUTF8 are not needed.
// Pure; not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "modules/notifications/channel.h"
#include "modules/notifications/mail/smtp_reply.h"
#include "modules/notifications/mail/smtp_verdict.h"

namespace ashlar::notifications {

struct SmtpOptions {
  std::string hello_name;  // who we say we are: a domain, or "[127.0.0.1]"
  bool starttls = false;
  std::string username{};  // empty: no AUTH
  std::string password{};
};

struct SmtpMail {
  std::string id;    // ENVID
  std::string from;  // addresses by parse_mail_address(), so they fit in a command
  std::string to;
  std::string data;    // lines with CRLF; dots are doubled here
  bool probe = false;  // SmtpClient::send()
};

class SmtpDialogue {
 public:
  enum class Event : std::uint8_t {
    kNone,       // all input is taken, nothing happened
    kWantsTls,   // shake hands, then on_tls()
    kReady,      // begin() may be called
    kMailEnded,  // result(); then ready() or lost()
    kLost,       // result(); close the connection
  };

  explicit SmtpDialogue(SmtpOptions options);

  // Takes bytes off the front until something happens; call until `input` is empty and it says
  // kNone, but not after kLost. What is left at kMailEnded was not asked for.
  Event on_input(std::string_view& input);
  void on_tls();
  // kNone, or kMailEnded: the server would not take one so large. REQUIRES: ready().
  Event begin(SmtpMail mail);
  void quit();  // REQUIRES: ready()
  // The connection broke, or nothing came in time: result() says what that means for the mail
  // under way, or for the connection that never was.
  void lose(std::string_view why);

  // To be sent; whoever takes bytes off says so.
  [[nodiscard]] std::string& output() { return output_; }
  void on_written(std::size_t bytes) { written_ += bytes; }

  [[nodiscard]] bool ready() const { return state_ == State::kReady; }
  [[nodiscard]] bool lost() const { return state_ == State::kLost; }
  [[nodiscard]] bool mailing() const { return state_ == State::kMailing; }
  [[nodiscard]] SmtpStage stage() const;  // whose answer is awaited
  [[nodiscard]] const SendResult& result() const { return result_; }
  // The mail ended before the server had answered anything to it, on a connection that was used
  // before: it may have been closed meanwhile. Surely nothing was begun.
  [[nodiscard]] bool stale() const { return stale_; }

 private:
  enum class State : std::uint8_t {
    kGreeting,
    kEhlo,
    kStartTls,
    kHandshake,
    kAuthPlain,
    kAuthUser,
    kAuthPassword,
    kReady,
    kMailing,
    kLost,
  };
  enum class Command : std::uint8_t { kRset, kMail, kRcpt, kData, kEnd };

  Event on_reply(const SmtpReply& reply);
  Event on_ehlo(const SmtpReply& reply);
  Event authenticate();
  Event on_auth_reply(const SmtpReply& reply);
  Event become_ready();
  Event on_mail_reply(const SmtpReply& reply);
  Event on_data_reply(const SmtpReply& reply);
  Event go_on();
  Event end_mail();
  Event end_session(const SmtpReply& reply);
  Event end_session(Verdict verdict, std::string detail);
  void say(std::string_view line);
  void send_command(Command command);
  void send_next();
  void send_data();
  void note(const SmtpReply& reply, SmtpStage stage);
  [[nodiscard]] bool maybe_done() const;

  const SmtpOptions options_;
  SmtpReplyReader reader_;
  State state_ = State::kGreeting;
  bool secure_ = false;

  bool pipelining_ = false;
  bool dsn_ = false;
  bool size_known_ = false;
  std::uint64_t max_size_ = 0;  // 0: no limit is told
  bool auth_plain_ = false;
  bool auth_login_ = false;

  SmtpMail mail_;
  std::vector<Command> plan_;  // of the mail under way
  std::size_t said_ = 0;       // of plan_
  std::size_t answered_ = 0;   // of plan_
  bool used_ = false;          // a mail was begun before
  bool reused_ = false;        // … before the one under way
  bool failed_ = false;        // result_ says why: the rest is only waited for
  bool disordered_ = false;    // the two do not understand each other any more
  bool stale_ = false;
  SendResult result_;

  std::string output_;
  std::uint64_t said_bytes_ = 0;  // of all output so far
  std::uint64_t written_ = 0;
  std::uint64_t dot_end_ = 0;  // said_bytes_ behind the final dot; 0: not yet said
};

}  // namespace ashlar::notifications
