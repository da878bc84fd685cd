#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "iq/media_gateway.hpp"
#include "iq/packages.hpp"
#include "proto/h248/message.hpp"

// What the MGC end knows of a gateway's termination, and the descriptors that say it: pure functions.
namespace iq {

/// A termination that a gateway elsewhere serves.
struct RemoteLeg {
  TerminationId number;  // the seam's
  std::string id;        // H.248's; empty while it is being added
  std::string realm;
  std::string session_id;                              // of Reserve, until the gateway has made a path of it
  std::uint16_t port = 0;                              // that was asked for; 0: any
  TerminationConfig config;                            // all that has been said of it so far
  Reserved reserved;                                   // what the gateway replied
  TerminationState state = TerminationState::waiting;  // as its events tell
};

/// What may be asked of one gateway: the elements that both ends know, under the names to be written.
class RemotePackages {
 public:
  /// Until told otherwise: all standard ones.
  explicit RemotePackages(Packages packages);
  void set(const std::vector<h248::PackageVersion>& told);

  bool has(std::string_view package) const;
  const Packages& names() const noexcept { return names_; }

 private:
  Packages names_;
  std::set<std::string, std::less<>> told_;  // our own names
};

/// `from` said on top of what was said before.
void merge(TerminationConfig& into, const TerminationConfig& from);

/// Writes a termination's descriptors, each whole, because each replaces the whole earlier one (H.248.1
/// 7.1.7, 7.1.8).
class LegWriter {
 public:
  struct Options {
    std::string prefix;
    base::Duration heartbeat;
    std::vector<std::string> ipv6_realms;
  };
  LegWriter(const Options& options, const RemotePackages& packages)
      : options_(options), packages_(packages) {}

  /// Add = <prefix>/<realm>/$; the realm's characters that no TerminationID has become "_".
  h248::CommandRequest add(const RemoteLeg& leg, std::uint32_t events) const;
  /// Modify of what `change` touches; `leg` has it merged already.
  h248::CommandRequest modify(const RemoteLeg& leg, const TerminationConfig& change,
                              std::uint32_t events) const;
  /// A signal that our package table knows by this name.
  h248::SignalsDescriptor signal(std::string_view element) const;

  h248::LocalControl local_control(const RemoteLeg& leg) const;
  std::string local(const RemoteLeg& leg) const;
  /// None: nothing is known that could be said of the peer.
  std::optional<std::string> remote(const RemoteLeg& leg) const;
  h248::EventsDescriptor events(const RemoteLeg& leg, std::uint32_t request) const;

 private:
  bool is_ipv6(const RemoteLeg& leg) const;
  h248::TerminationId choose(const std::string& realm) const;
  h248::Property property(std::string_view element, std::string value, bool quoted = false) const;
  void add_source_filter(const TerminationConfig& config, std::vector<h248::Property>& out) const;
  void add_traffic(const TerminationConfig& config, std::vector<h248::Property>& out) const;
  h248::RequestedEvent event(std::string_view element) const;
  void add_parameter(h248::RequestedEvent& event, std::string_view parameter, std::string value) const;
  void add_silence(const SilenceWatch& watch, std::vector<h248::RequestedEvent>& out) const;

  const Options& options_;
  const RemotePackages& packages_;
};

}  // namespace iq
