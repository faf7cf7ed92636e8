// What Ashlar's documents do, for a program that holds them against others'
// (test/documents/differential.mjs).
//
// Commands come on stdin, answers go to stdout, each as its length (4 bytes, big-endian) and as
// many bytes; one answer a command, in order. A command is one letter and its arguments, an answer
// 0 and the result or 1 and the reason of the error; numbers, texts and bytes are lib0's. Documents
// are kept in slots until `z`.
//
//   n slot client gc              a new document            a slot format update        apply:
//   changed, complete, pending, change e slot format                 encode                    d
//   slot format sv            encode_since s slot | x slot | m slot      state vector, delete set,
//   missing (as bytes)          p slot    has_pending t slot root | q slot root     text, delta j
//   slot root kind            json l slot root                   length                    r slot
//   roots, joined by newlines I slot root index text any    insert_text               F slot root
//   index length any  format_text R slot root index length      remove                    S slot
//   root key any         set_key K slot root key               remove_key                V slot
//   root index any       insert_values (any: an array) h slot                        snapshot H
//   slot snapshot to          the document as it was, in slot `to` o slot root index assoc relative
//   position         O slot position             1 and its index, or 0 B slot then
//   restore to what slot `then` has M format n update...
//   merge_updates             D format update sv          diff_update v format update
//   state_vector_of           c to update                 to_v1, to_v2 k format update check_update
//   z                           forgets all
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "modules/documents/crdt/any_codec.h"
#include "modules/documents/crdt/doc.h"
#include "modules/documents/crdt/lib0.h"
#include "modules/documents/crdt/update.h"

namespace {

namespace base = ashlar::base;
namespace crdt = ashlar::crdt;
using crdt::Doc;
using crdt::Format;
using crdt::Reader;
using Answer = base::Result<std::string>;

Answer wrong(const char* reason) { return base::fail(base::Code::kInvalid, reason, ""); }

std::string number(std::uint64_t value) {
  std::string out;
  crdt::write_varuint(out, value);
  return out;
}

Format format_of(Reader& in) { return in.varuint() == 2 ? Format::kV2 : Format::kV1; }

crdt::Any any_of(Reader& in) {
  crdt::Any value;
  crdt::read_any(in, value);
  return value;
}

crdt::Object object_of(Reader& in) {
  crdt::Any value = any_of(in);
  auto* object = std::get_if<crdt::Object>(&value.value);
  return object != nullptr ? std::move(*object) : crdt::Object();
}

crdt::Array array_of(Reader& in) {
  crdt::Any value = any_of(in);
  auto* array = std::get_if<crdt::Array>(&value.value);
  return array != nullptr ? std::move(*array) : crdt::Array();
}

class Driver {
 public:
  Answer answer(std::string_view command) {
    Reader in(command);
    const char letter = static_cast<char>(in.byte());
    switch (letter) {
      case 'M':
      case 'D':
      case 'v':
      case 'c':
      case 'k':
        return on_updates(letter, in);
      case 'z':
        docs_.clear();
        return std::string();
      default:
        break;
    }
    const std::uint64_t slot = in.varuint();
    if (letter == 'n') {
      Doc::Options options;
      options.client = in.varuint();
      options.gc = in.varuint() != 0;
      docs_.insert_or_assign(slot, Doc(options));
      return std::string();
    }
    const auto found = docs_.find(slot);
    if (found == docs_.end()) return wrong("no_such_slot");
    return on_doc(letter, found->second, in);
  }

 private:
  Answer on_updates(char letter, Reader& in) {
    const Format format = format_of(in);
    if (letter == 'M') {
      std::vector<std::string_view> updates;
      for (std::uint64_t n = in.varuint(); n > 0; --n) updates.push_back(in.var_bytes());
      return crdt::merge_updates(updates, format);
    }
    const std::string_view update = in.var_bytes();
    if (letter == 'c') return format == Format::kV2 ? crdt::to_v2(update) : crdt::to_v1(update);
    if (letter == 'k') {
      ASHLAR_TRY(crdt::check_update(update, format));
      return std::string();
    }
    if (letter == 'v') {
      ASHLAR_ASSIGN(const crdt::StateVector state, crdt::state_vector_of(update, format));
      return crdt::encode_state_vector(state);
    }
    ASHLAR_ASSIGN(const crdt::StateVector have, crdt::decode_state_vector(in.var_bytes()));
    return crdt::diff_update(update, have, format);
  }

  Answer on_doc(char letter, Doc& doc, Reader& in) {
    switch (letter) {
      case 'a': {
        const Format format = format_of(in);
        ASHLAR_ASSIGN(const Doc::Applied applied, doc.apply(in.var_bytes(), format));
        std::string out{applied.changed ? '\1' : '\0', applied.complete ? '\1' : '\0',
                        applied.pending ? '\1' : '\0'};
        return out + applied.change;
      }
      case 'e':
        return doc.encode(format_of(in));
      case 'd': {
        const Format format = format_of(in);
        ASHLAR_ASSIGN(const crdt::StateVector have, crdt::decode_state_vector(in.var_bytes()));
        return doc.encode_since(have, format);
      }
      case 's':
        return crdt::encode_state_vector(doc.state_vector());
      case 'x':
        return crdt::encode_delete_set(doc.delete_set());
      case 'm':
        return crdt::encode_state_vector(doc.missing());
      case 'p':
        return number(doc.has_pending() ? 1 : 0);
      case 'h':
        return crdt::encode_snapshot(doc.snapshot());
      case 'H': {
        ASHLAR_ASSIGN(const crdt::Snapshot snapshot, crdt::decode_snapshot(in.var_bytes()));
        const std::uint64_t to = in.varuint();
        ASHLAR_ASSIGN(Doc then, doc.at(snapshot));
        docs_.insert_or_assign(to, std::move(then));
        return std::string();
      }
      case 'B': {
        const auto then = docs_.find(in.varuint());
        return then == docs_.end() ? wrong("no_such_slot") : doc.restore(then->second);
      }
      case 'O': {
        ASHLAR_ASSIGN(const auto index, doc.absolute_position(in.var_bytes()));
        return index ? number(1) + number(*index) : number(0);
      }
      case 'r': {
        std::string out;
        for (const std::string& root : doc.roots()) out += root + '\n';
        return out;
      }
      default:
        return on_root(letter, doc, in);
    }
  }

  static Answer on_root(char letter, Doc& doc, Reader& in) {
    const std::string_view root = in.var_string();
    switch (letter) {
      case 't':
        return doc.text(root);
      case 'q':
        return doc.delta(root);
      case 'j':
        return doc.json(root, static_cast<crdt::RootKind>(in.varuint()));
      case 'l':
        return number(doc.length(root));
      default:
        return on_edit(letter, doc, root, in);
    }
  }

  static Answer on_edit(char letter, Doc& doc, std::string_view root, Reader& in) {
    if (letter == 'S' || letter == 'K') {
      const std::string_view key = in.var_string();
      return letter == 'S' ? doc.set_key(root, key, any_of(in)) : doc.remove_key(root, key);
    }
    const std::uint64_t index = in.varuint();
    switch (letter) {
      case 'I': {
        const std::string_view text = in.var_string();
        return doc.insert_text(root, index, text, object_of(in));
      }
      case 'F': {
        const std::uint64_t length = in.varuint();
        return doc.format_text(root, index, length, object_of(in));
      }
      case 'R':
        return doc.remove(root, index, in.varuint());
      case 'V':
        return doc.insert_values(root, index, array_of(in));
      case 'o':
        return doc.relative_position(root, index, static_cast<int>(in.varint().value()));
      default:
        return wrong("no_such_command");
    }
  }

  std::map<std::uint64_t, Doc> docs_;
};

// Before it waits for more input, everything said so far goes out.
class Input {
 public:
  bool read(char* to, std::size_t size) {
    while (size > 0) {
      if (at_ == end_ && !fill()) return false;
      const std::size_t taken = std::min(size, end_ - at_);
      std::copy_n(room_.data() + at_, taken, to);
      at_ += taken;
      to += taken;
      size -= taken;
    }
    return true;
  }

 private:
  bool fill() {
    if (std::fflush(stdout) != 0) return false;
    const ssize_t got = ::read(STDIN_FILENO, room_.data(), room_.size());
    at_ = 0;
    end_ = got > 0 ? static_cast<std::size_t>(got) : 0;
    return got > 0;
  }

  std::array<char, 1 << 16> room_;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
};

}  // namespace

int main() {
  Driver driver;
  Input input;
  std::string command;
  std::array<char, 4> head;
  while (input.read(head.data(), head.size())) {
    Reader size(std::string_view(head.data(), head.size()));
    command.resize(static_cast<std::size_t>(size.fixed(4)));
    if (!input.read(command.data(), command.size())) return 1;
    const Answer answer = driver.answer(command);
    const std::string said = answer.ok() ? *answer : std::string(answer.error().reason);
    std::string bytes;
    crdt::write_fixed(bytes, said.size() + 1, 4);
    bytes += answer.ok() ? '\0' : '\1';
    bytes += said;
    if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size()) return 1;
  }
  return 0;
}
