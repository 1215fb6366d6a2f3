// Which keys the documents beside the v1alpha1 machine config may have, so that a lab machine refuses an unknown key as machined does.
// Notation, one entry per type: `key` is taken as it is, `key:Type` is an object of that type, `key:[Type]` a list and
// `key:{Type}` a map of such objects.
// Source: siderolabs/talos v1.12.0 pkg/machinery/config/types (the yaml tags of the Go structs). Change here when the
// lab's Talos version changes.

/** Keys of the other documents, by type. */
export const documentTypes: Readonly<Record<string, string>> = {
  "block.DiskSelector": "match",
  "block.EncryptionKey":
    "slot static:block.EncryptionKeyStatic nodeID kms:block.EncryptionKeyKMS " +
    "tpm:block.EncryptionKeyTPM lockToState",
  "block.EncryptionKeyKMS": "endpoint",
  "block.EncryptionKeyStatic": "passphrase",
  "block.EncryptionKeyTPM": "options:block.EncryptionKeyTPMOptions checkSecurebootStatusOnEnroll",
  "block.EncryptionKeyTPMOptions": "pcrs",
  "block.EncryptionSpec": "provider keys:[block.EncryptionKey] cipher keySize blockSize options",
  "block.ExistingVolumeConfig":
    "apiVersion kind name discovery:block.VolumeDiscoverySpec mount:block.MountSpec",
  "block.FilesystemSpec": "type projectQuotaSupport",
  "block.MountSpec": "readOnly",
  "block.ProvisioningSpec": "diskSelector:block.DiskSelector grow minSize maxSize",
  "block.RawVolumeConfig":
    "apiVersion kind name provisioning:block.ProvisioningSpec encryption:block.EncryptionSpec",
  "block.SwapVolumeConfig":
    "apiVersion kind name provisioning:block.ProvisioningSpec encryption:block.EncryptionSpec",
  "block.UserVolumeConfig":
    "apiVersion kind name volumeType provisioning:block.ProvisioningSpec " +
    "filesystem:block.FilesystemSpec encryption:block.EncryptionSpec",
  "block.VolumeConfig":
    "apiVersion kind name provisioning:block.ProvisioningSpec encryption:block.EncryptionSpec",
  "block.VolumeDiscoverySpec": "volumeSelector:block.VolumeSelector",
  "block.VolumeSelector": "match",
  "block.ZswapConfig": "apiVersion kind maxPoolPercent shrinkerEnabled",
  "cri.RegistryAuthConfig": "apiVersion kind name username password auth identityToken",
  "cri.RegistryEndpoint": "url overridePath",
  "cri.RegistryMirrorConfig": "apiVersion kind name endpoints:[cri.RegistryEndpoint] skipFallback",
  "cri.RegistryTLSConfig": "apiVersion kind name clientIdentity:meta.CertificateAndKey ca insecureSkipVerify",
  "extensions.ConfigFile": "content mountPath",
  "extensions.ServiceConfig": "apiVersion kind name configFiles:[extensions.ConfigFile] environment",
  "hardware.PCIDriverRebindConfig": "apiVersion kind name targetDriver",
  "meta.CertificateAndKey": "cert key",
  "network.AddressConfig": "address routePriority",
  "network.BondConfig":
    "apiVersion kind name hardwareAddr links bondMode miimon updelay downdelay useCarrier " +
    "xmitHashPolicy arpInterval arpIpTargets nsIp6Targets arpValidate arpAllTargets lacpRate " +
    "failOverMac adSelect adActorSysPrio adUserPortKey adLACPActive primaryReselect resendIGMP " +
    "minLinks lpInterval packetsPerSlave numPeerNotif tlbLogicalLb allSlavesActive peerNotifDelay " +
    "missedMax up mtu addresses:[network.AddressConfig] routes:[network.RouteConfig] multicast",
  "network.BridgeConfig":
    "apiVersion kind name hardwareAddr links stp:network.BridgeSTPConfig " +
    "vlan:network.BridgeVLANConfig up mtu addresses:[network.AddressConfig] " +
    "routes:[network.RouteConfig] multicast",
  "network.BridgeSTPConfig": "enabled",
  "network.BridgeVLANConfig": "filtering",
  "network.DHCPv4Config": "apiVersion kind name routeMetric ignoreHostname clientIdentifier duidRaw",
  "network.DHCPv6Config": "apiVersion kind name routeMetric ignoreHostname clientIdentifier duidRaw",
  "network.DefaultActionConfig": "apiVersion kind ingress",
  "network.DummyLinkConfig":
    "apiVersion kind name hardwareAddr up mtu addresses:[network.AddressConfig] " +
    "routes:[network.RouteConfig] multicast",
  "network.EthernetChannelsConfig": "rx tx other combined",
  "network.EthernetConfig":
    "apiVersion kind name features rings:network.EthernetRingsConfig " +
    "channels:network.EthernetChannelsConfig wakeOnLan",
  "network.EthernetRingsConfig":
    "rx tx rx-mini rx-jumbo rx-buf-len cqe-size tx-push rx-push tx-push-buf-len tcp-data-split",
  "network.HCloudVIPConfig": "apiVersion kind name link apiToken",
  "network.HostnameConfig": "apiVersion kind auto hostname",
  "network.IngressRule": "subnet except",
  "network.KubespanEndpointsConfig": "apiVersion kind extraAnnouncedEndpoints",
  "network.Layer2VIPConfig": "apiVersion kind name link",
  "network.LinkAliasConfig": "apiVersion kind name selector:network.LinkSelector",
  "network.LinkConfig":
    "apiVersion kind name up mtu addresses:[network.AddressConfig] routes:[network.RouteConfig] " +
    "multicast",
  "network.LinkSelector": "match",
  "network.NTPConfig": "servers",
  "network.NameserverConfig": "address",
  "network.PTPConfig": "devices",
  "network.ResolverConfig":
    "apiVersion kind nameservers:[network.NameserverConfig] searchDomains:network.SearchDomainsConfig",
  "network.RouteConfig": "destination gateway source metric mtu table",
  "network.RuleConfig":
    "apiVersion kind name portSelector:network.RulePortSelector ingress:[network.IngressRule]",
  "network.RulePortSelector": "ports protocol",
  "network.SearchDomainsConfig": "domains disableDefault",
  "network.StaticHostConfig": "apiVersion kind name hostnames",
  "network.TimeSyncConfig": "apiVersion kind enabled bootTimeout ntp:network.NTPConfig ptp:network.PTPConfig",
  "network.VLANConfig":
    "apiVersion kind name vlanID vlanMode parent up mtu addresses:[network.AddressConfig] " +
    "routes:[network.RouteConfig] multicast",
  "network.WireguardConfig":
    "apiVersion kind name privateKey listenPort firewallMark peers:[network.WireguardPeer] up mtu " +
    "addresses:[network.AddressConfig] routes:[network.RouteConfig] multicast",
  "network.WireguardPeer": "publicKey presharedKey endpoint persistentKeepaliveInterval allowedIPs",
  "runtime.EventSink": "apiVersion kind endpoint",
  "runtime.KmsgLog": "apiVersion kind name url",
  "runtime.OOM": "apiVersion kind triggerExpression cgroupRankingExpression sampleInterval",
  "runtime.WatchdogTimer": "apiVersion kind device timeout",
  "security.TrustedRootsConfig": "apiVersion kind name certificates",
  "siderolink.Config": "apiVersion kind apiUrl uniqueToken",
};

/** Type of each document kind that Talos 1.12 knows, e.g. `HostnameConfig`. All have apiVersion `v1alpha1`. */
export const documentKinds: Readonly<Record<string, string>> = {
  BondConfig: "network.BondConfig",
  BridgeConfig: "network.BridgeConfig",
  DHCPv4Config: "network.DHCPv4Config",
  DHCPv6Config: "network.DHCPv6Config",
  DummyLinkConfig: "network.DummyLinkConfig",
  EthernetConfig: "network.EthernetConfig",
  EventSinkConfig: "runtime.EventSink",
  ExistingVolumeConfig: "block.ExistingVolumeConfig",
  ExtensionServiceConfig: "extensions.ServiceConfig",
  HCloudVIPConfig: "network.HCloudVIPConfig",
  HostnameConfig: "network.HostnameConfig",
  KmsgLogConfig: "runtime.KmsgLog",
  KubeSpanEndpointsConfig: "network.KubespanEndpointsConfig",
  Layer2VIPConfig: "network.Layer2VIPConfig",
  LinkAliasConfig: "network.LinkAliasConfig",
  LinkConfig: "network.LinkConfig",
  NetworkDefaultActionConfig: "network.DefaultActionConfig",
  NetworkRuleConfig: "network.RuleConfig",
  OOMConfig: "runtime.OOM",
  PCIDriverRebindConfig: "hardware.PCIDriverRebindConfig",
  RawVolumeConfig: "block.RawVolumeConfig",
  RegistryAuthConfig: "cri.RegistryAuthConfig",
  RegistryMirrorConfig: "cri.RegistryMirrorConfig",
  RegistryTLSConfig: "cri.RegistryTLSConfig",
  ResolverConfig: "network.ResolverConfig",
  SideroLinkConfig: "siderolink.Config",
  StaticHostConfig: "network.StaticHostConfig",
  SwapVolumeConfig: "block.SwapVolumeConfig",
  TimeSyncConfig: "network.TimeSyncConfig",
  TrustedRootsConfig: "security.TrustedRootsConfig",
  UserVolumeConfig: "block.UserVolumeConfig",
  VLANConfig: "network.VLANConfig",
  VolumeConfig: "block.VolumeConfig",
  WatchdogTimerConfig: "runtime.WatchdogTimer",
  WireguardConfig: "network.WireguardConfig",
  ZswapConfig: "block.ZswapConfig",
};
