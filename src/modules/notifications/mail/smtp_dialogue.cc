#include "modules/notifications/mail/smtp_dialogue.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/check.h"
#include "base/text.h"
#include "modules/notifications/mail/mime_text.h"

namespace ashlar::notifications {
namespace {

constexpr int kServiceClosing = 421;
constexpr int kBadSequence = 503;
constexpr int kStartMail = 354;

std::string_view next_word(std::string_view& text) {
  text = base::trim_spaces(text);
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

// Dots at the beginnings of lines doubled (RFC 5321, section 4.5.2), the end of data behind.
void append_data(std::string& out, std::string_view data) {
  out.reserve(out.size() + data.size() + data.size() / 64 + 8);
  if (data.starts_with('.')) out += '.';
  while (true) {
    const std::size_t at = data.find("\n.");
    if (at == std::string_view::npos) break;
    out += data.substr(0, at + 2);
    out += '.';
    data.remove_prefix(at + 2);
  }
  out += data;
  out += data.empty() || data.ends_with("\r\n") ? ".\r\n" : "\r\n.\r\n";
}

std::string cut(std::string_view text) {
  std::string out(text.substr(0, Outgoing::kMaxDetailBytes));
  while (!base::is_utf8(out)) out.pop_back();
  return out;
}

}  // namespace

SmtpDialogue::SmtpDialogue(SmtpOptions options) : options_(std::move(options)) {}

SmtpStage SmtpDialogue::stage() const {
  switch (state_) {
    case State::kGreeting:
      return SmtpStage::kGreeting;
    case State::kEhlo:
      return SmtpStage::kEhlo;
    case State::kStartTls:
    case State::kHandshake:
      return SmtpStage::kTls;
    case State::kAuthPlain:
    case State::kAuthUser:
    case State::kAuthPassword:
      return SmtpStage::kAuth;
    case State::kMailing:
      switch (plan_[answered_]) {
        case Command::kRcpt:
          return SmtpStage::kRcpt;
        case Command::kData:
          return SmtpStage::kData;
        case Command::kEnd:
          return SmtpStage::kEnd;
        case Command::kRset:
        case Command::kMail:
          break;
      }
      break;
    case State::kReady:
    case State::kLost:
      break;
  }
  return SmtpStage::kMail;
}

SmtpDialogue::Event SmtpDialogue::on_input(std::string_view& input) {
  while (!input.empty()) {
    CHECK(state_ != State::kLost);
    const SmtpReplyReader::Step step = reader_.read(input);
    if (step == SmtpReplyReader::Step::kMore) return Event::kNone;
    if (step == SmtpReplyReader::Step::kWrong) {
      lose("the server does not speak SMTP");
      return Event::kLost;
    }
    const Event event = on_reply(reader_.reply());
    if (event == Event::kWantsTls && !input.empty()) {
      return end_session(Verdict::kRetry, "the server spoke on before TLS had begun");
    }
    if (event != Event::kNone) return event;
  }
  return Event::kNone;
}

SmtpDialogue::Event SmtpDialogue::on_reply(const SmtpReply& reply) {
  switch (state_) {
    case State::kGreeting:
      if (reply.category() != 2) return end_session(reply);
      say("EHLO " + options_.hello_name);
      state_ = State::kEhlo;
      return Event::kNone;
    case State::kEhlo:
      if (reply.category() != 2) return end_session(reply);
      return on_ehlo(reply);
    case State::kStartTls:
      if (reply.category() != 2) return end_session(reply);
      state_ = State::kHandshake;
      return Event::kWantsTls;
    case State::kAuthPlain:
    case State::kAuthUser:
    case State::kAuthPassword:
      return on_auth_reply(reply);
    case State::kMailing:
      return on_mail_reply(reply);
    case State::kHandshake:
    case State::kReady:
    case State::kLost:
      break;
  }
  // 421: it closes what is idle. Anything else was not asked for either.
  return end_session(reply);
}

SmtpDialogue::Event SmtpDialogue::on_ehlo(const SmtpReply& reply) {
  pipelining_ = dsn_ = size_known_ = auth_plain_ = auth_login_ = false;
  max_size_ = 0;
  bool starttls = false;
  for (const std::string& line : reply.lines) {
    std::string lower = base::ascii_lower(line);
    if (lower.starts_with("auth=")) lower[4] = ' ';  // as some write it
    std::string_view rest = lower;
    const std::string_view keyword = next_word(rest);
    starttls = starttls || keyword == "starttls";
    pipelining_ = pipelining_ || keyword == "pipelining";
    dsn_ = dsn_ || keyword == "dsn";
    if (keyword == "size") {
      size_known_ = true;
      const std::string_view limit = next_word(rest);
      std::from_chars(limit.data(), limit.data() + limit.size(), max_size_);
    }
    if (keyword != "auth") continue;
    for (std::string_view word = next_word(rest); !word.empty(); word = next_word(rest)) {
      auth_plain_ = auth_plain_ || word == "plain";
      auth_login_ = auth_login_ || word == "login";
    }
  }
  if (options_.starttls && !secure_) {
    if (!starttls) {
      return end_session(Verdict::kCredential, "the server does not offer STARTTLS");
    }
    say("STARTTLS");
    state_ = State::kStartTls;
    return Event::kNone;
  }
  return options_.username.empty() ? become_ready() : authenticate();
}

void SmtpDialogue::on_tls() {
  CHECK(state_ == State::kHandshake);
  secure_ = true;
  say("EHLO " + options_.hello_name);
  state_ = State::kEhlo;
}

SmtpDialogue::Event SmtpDialogue::authenticate() {
  if (auth_plain_) {
    const std::string nul(1, '\0');
    say("AUTH PLAIN " + base64(nul + options_.username + nul + options_.password));
    state_ = State::kAuthPlain;
  } else if (auth_login_) {
    say("AUTH LOGIN");
    state_ = State::kAuthUser;
  } else {
    return end_session(Verdict::kCredential, "the server offers neither AUTH PLAIN nor LOGIN");
  }
  return Event::kNone;
}

SmtpDialogue::Event SmtpDialogue::on_auth_reply(const SmtpReply& reply) {
  if (reply.code == 334 && state_ == State::kAuthUser) {
    say(base64(options_.username));
    state_ = State::kAuthPassword;
    return Event::kNone;
  }
  if (reply.code == 334 && state_ == State::kAuthPassword) {
    say(base64(options_.password));
    state_ = State::kAuthPlain;  // now the verdict is awaited, as there
    return Event::kNone;
  }
  if (reply.category() == 2 && state_ == State::kAuthPlain) return become_ready();
  return end_session(reply);
}

SmtpDialogue::Event SmtpDialogue::become_ready() {
  state_ = State::kReady;
  return Event::kReady;
}

SmtpDialogue::Event SmtpDialogue::begin(SmtpMail mail) {
  CHECK(ready());
  mail_ = std::move(mail);
  state_ = State::kMailing;
  reused_ = used_;
  used_ = true;
  failed_ = stale_ = false;
  dot_end_ = 0;
  said_ = answered_ = 0;
  result_ = {};
  plan_.clear();
  if (max_size_ > 0 && mail_.data.size() > max_size_) {
    used_ = reused_;
    plan_.push_back(Command::kMail);
    note({.code = 552, .enhanced = "5.3.4", .lines = {"larger than the server takes"}},
         SmtpStage::kMail);
    return end_mail();
  }
  if (reused_) plan_.push_back(Command::kRset);
  plan_.insert(plan_.end(), {Command::kMail, Command::kRcpt, Command::kData});
  send_next();
  return Event::kNone;
}

void SmtpDialogue::send_next() {
  const std::size_t until = pipelining_ ? plan_.size() : answered_ + 1;
  while (said_ < std::min(until, plan_.size())) send_command(plan_[said_++]);
}

void SmtpDialogue::send_command(Command command) {
  switch (command) {
    case Command::kRset:
      return say("RSET");
    case Command::kMail:
      return say("MAIL FROM:<" + mail_.from + ">" +
                 (size_known_ ? " SIZE=" + std::to_string(mail_.data.size()) : "") +
                 (dsn_ ? " RET=HDRS ENVID=" + mail_.id : ""));
    case Command::kRcpt:
      return say("RCPT TO:<" + mail_.to + ">" + (dsn_ ? " NOTIFY=FAILURE,DELAY" : ""));
    case Command::kData:
      return say("DATA");
    case Command::kEnd:
      return send_data();
  }
}

void SmtpDialogue::send_data() {
  const std::size_t before = output_.size();
  append_data(output_, failed_ ? std::string_view() : mail_.data);
  said_bytes_ += output_.size() - before;
  if (!failed_) dot_end_ = said_bytes_;
  mail_.data.clear();
}

SmtpDialogue::Event SmtpDialogue::on_mail_reply(const SmtpReply& reply) {
  if (answered_ >= said_) return end_session(reply);  // nothing was asked
  const Command command = plan_[answered_];
  if (command == Command::kEnd) {
    if (!failed_) note(reply, SmtpStage::kEnd);
    if (reply.category() == 3 && dot_end_ > 0) result_.verdict = Verdict::kAmbiguous;
    disordered_ = disordered_ || reply.category() == 3;
  } else if (command == Command::kData) {
    return on_data_reply(reply);
  } else if (reply.category() != 2) {
    if (!failed_) note(reply, command == Command::kRcpt ? SmtpStage::kRcpt : SmtpStage::kMail);
    disordered_ = disordered_ || reply.category() == 3;
  }
  if (reply.code == kServiceClosing) disordered_ = true;
  return go_on();
}

SmtpDialogue::Event SmtpDialogue::on_data_reply(const SmtpReply& reply) {
  if (reply.code == kStartMail) {
    // Also where the recipient was refused and the server wants data all the same: it gets none.
    plan_.push_back(Command::kEnd);
  } else if (!failed_) {
    note(reply, SmtpStage::kData);
  }
  disordered_ = disordered_ || reply.category() == 2 || reply.code == kServiceClosing ||
                (reply.category() == 3 && reply.code != kStartMail);
  return go_on();
}

SmtpDialogue::Event SmtpDialogue::go_on() {
  ++answered_;
  if (disordered_) return end_mail();
  if (answered_ == plan_.size()) return end_mail();
  // Without pipelining nothing was said yet of what a refusal makes pointless.
  if (failed_ && answered_ == said_ && plan_[answered_] != Command::kEnd) return end_mail();
  send_next();
  return Event::kNone;
}

SmtpDialogue::Event SmtpDialogue::end_mail() {
  mail_ = {};
  if (result_.status == kBadSequence || result_.status == kServiceClosing) disordered_ = true;
  stale_ = reused_ && result_.status == kServiceClosing && answered_ <= 1;
  state_ = disordered_ ? State::kLost : State::kReady;
  return Event::kMailEnded;
}

void SmtpDialogue::note(const SmtpReply& reply, SmtpStage stage) {
  const SmtpVerdict verdict = judge_smtp(stage, reply.code, reply.enhanced);
  failed_ = true;
  result_ = {.verdict = verdict.verdict,
             .status = reply.code,
             .code = reply.enhanced,
             .detail = cut(std::string(name_of(stage)) + ": " + reply.text()),
             .provider_ref = {},
             .retry_after = verdict.retry_after,
             .scope = verdict.scope};
}

SmtpDialogue::Event SmtpDialogue::end_session(const SmtpReply& reply) {
  const SmtpStage where = stage();
  if (mailing()) {
    lose("the server answers what was not asked");
    return Event::kLost;
  }
  note(reply, where);
  // What a server says to a password is kept to its codes: it may repeat the password.
  if (where == SmtpStage::kAuth) {
    result_.detail = "AUTH: " + std::to_string(reply.code) + " " + reply.enhanced;
  }
  state_ = State::kLost;
  return Event::kLost;
}

SmtpDialogue::Event SmtpDialogue::end_session(Verdict verdict, std::string detail) {
  result_ = {};
  result_.verdict = verdict;
  result_.detail = std::move(detail);
  state_ = State::kLost;
  return Event::kLost;
}

bool SmtpDialogue::maybe_done() const {
  return state_ == State::kMailing && !failed_ && dot_end_ > 0 && written_ >= dot_end_;
}

void SmtpDialogue::lose(std::string_view why) {
  if (state_ == State::kLost) return;
  const SmtpStage where = stage();
  if (mailing()) {
    stale_ = reused_ && answered_ == 0;
    if (failed_) {  // an answer was there, only those behind it are not
      state_ = State::kLost;
      return;
    }
  }
  const bool maybe = maybe_done();
  result_ = {};
  result_.verdict = maybe ? Verdict::kAmbiguous : Verdict::kRetry;
  result_.detail = cut(std::string(name_of(where)) + ": " + std::string(why));
  mail_ = {};
  state_ = State::kLost;
}

void SmtpDialogue::quit() {
  CHECK(ready());
  say("QUIT");
}

void SmtpDialogue::say(std::string_view line) {
  const std::size_t before = output_.size();
  output_ += line;
  output_ += "\r\n";
  said_bytes_ += output_.size() - before;
}

}  // namespace ashlar::notifications
