#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fingerprint.hpp"
#include "proto/sdp/document.hpp"

namespace sdp {

// A file to be transferred (RFC 5547 6): all media level. Percent-encoding is undone when read and done when
// written.

/// a=file-selector. No selector at all: the peer only says that it knows RFC 5547.
struct FileSelector {
  /// Octets as the peer chose them, with "../", NUL or line ends if it likes: whoever makes a file of it must
  /// clean it.
  std::optional<std::string> name;
  std::optional<std::uint64_t> size;  // octets of the file
  std::optional<std::string> type;    // "image/jpeg", without parameters
  std::vector<std::pair<std::string, std::string>> type_parameters;
  std::vector<base::Fingerprint> hashes;  // of the whole file, whatever the range

  friend bool operator==(const FileSelector&, const FileSelector&) = default;
};

/// a=file-date: RFC 5322 date-times as text.
struct FileDate {
  std::optional<std::string> creation;
  std::optional<std::string> modification;
  std::optional<std::string> read;

  friend bool operator==(const FileDate&, const FileDate&) = default;
};

/// a=file-range: the first octet is 1; without a stop it goes to the end of the file.
struct FileRange {
  std::uint64_t start = 1;
  std::optional<std::uint64_t> stop;

  friend bool operator==(const FileRange&, const FileRange&) = default;
};

Found<FileSelector> file_selector(const Document& document, Section media);
Found<std::string> file_transfer_id(const Document& document, Section media);
/// "render" or "attachment"; render where absent (RFC 5547 7).
Found<std::string> file_disposition(const Document& document, Section media);
Found<FileDate> file_date(const Document& document, Section media);
/// The cid: URL of a preview.
Found<std::string> file_icon(const Document& document, Section media);
Found<FileRange> file_range(const Document& document, Section media);

/// All that an offer or answer says of a file.
struct FileDescription {
  FileSelector selector;
  std::string transfer_id;
  std::optional<std::string> disposition;
  std::optional<FileDate> date;
  std::optional<std::string> icon;
  std::optional<FileRange> range;

  friend bool operator==(const FileDescription&, const FileDescription&) = default;
};
void set_file(Document& document, Section media, const FileDescription& file);

}  // namespace sdp
