// link_subjects: what a link's clicks are counted for beside the link itself: its tenant, its
// domain, its owner, its tags. Pure.
#pragma once

#include <string>
#include <vector>

namespace ashlar::links::analytics {

namespace store {
struct LinkPlace;
}

struct LinkSubjects {
  std::vector<std::string> keys;  // subject.h
  bool damaged = false;           // its settings could not be read: neither owner nor tags
};
LinkSubjects subjects_of(const store::LinkPlace& place);

}  // namespace ashlar::links::analytics
