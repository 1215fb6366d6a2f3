// Which keys the v1alpha1 machine config may have, so that a lab machine refuses an unknown key as machined does.
// Notation, one entry per type: `key` is taken as it is, `key:Type` is an object of that type, `key:[Type]` a list and
// `key:{Type}` a map of such objects.
// Source: siderolabs/talos v1.12.0 pkg/machinery/config/types (the yaml tags of the Go structs). Change here when the
// lab's Talos version changes.

/** Keys of the main document, by type; `Config` is the document itself. */
export const machineKeys: Readonly<Record<string, string>> = {
  APIServerConfig:
    "image extraArgs extraVolumes:[VolumeMountConfig] env certSANs disablePodSecurityPolicy " +
    "admissionControl:[AdmissionPluginConfig] auditPolicy resources:ResourcesConfig " +
    "authorizationConfig:[AuthorizationConfigAuthorizerConfig]",
  AdminKubeconfigConfig: "certLifetime",
  AdmissionPluginConfig: "name configuration",
  AuthorizationConfigAuthorizerConfig: "type name webhook",
  Bond:
    "interfaces deviceSelectors:[NetworkDeviceSelector] arpIPTarget mode xmitHashPolicy lacpRate " +
    "adActorSystem arpValidate arpAllTargets primary primaryReselect failOverMac adSelect miimon " +
    "updelay downdelay arpInterval resendIgmp minLinks lpInterval packetsPerSlave numPeerNotif " +
    "tlbDynamicLb allSlavesActive useCarrier adActorSysPrio adUserPortKey peerNotifyDelay",
  Bridge: "interfaces stp:STP vlan:BridgeVLAN",
  BridgePort: "master",
  BridgeVLAN: "vlanFiltering",
  CNIConfig: "name urls flannel:FlannelCNIConfig",
  ClusterConfig:
    "id secret controlPlane:ControlPlaneConfig clusterName network:ClusterNetworkConfig token " +
    "aescbcEncryptionSecret secretboxEncryptionSecret ca acceptedCAs aggregatorCA serviceAccount " +
    "apiServer:APIServerConfig controllerManager:ControllerManagerConfig proxy:ProxyConfig " +
    "scheduler:SchedulerConfig discovery:ClusterDiscoveryConfig etcd:EtcdConfig coreDNS:CoreDNS " +
    "externalCloudProvider:ExternalCloudProviderConfig extraManifests extraManifestHeaders " +
    "inlineManifests:[ClusterInlineManifest] adminKubeconfig:AdminKubeconfigConfig " +
    "allowSchedulingOnMasters allowSchedulingOnControlPlanes",
  ClusterDiscoveryConfig: "enabled registries:DiscoveryRegistriesConfig",
  ClusterInlineManifest: "name contents",
  ClusterNetworkConfig: "cni:CNIConfig dnsDomain podSubnets serviceSubnets",
  Config: "version debug persist machine:MachineConfig cluster:ClusterConfig",
  ControlPlaneConfig: "endpoint localAPIServerPort",
  ControllerManagerConfig: "image extraArgs extraVolumes:[VolumeMountConfig] env resources:ResourcesConfig",
  CoreDNS: "disabled image",
  DHCPOptions: "routeMetric ipv4 ipv6 duidv6",
  Device:
    "interface deviceSelector:NetworkDeviceSelector addresses cidr routes:[Route] bond:Bond " +
    "bridge:Bridge bridgePort:BridgePort vlans:[Vlan] mtu dhcp ignore dummy dhcpOptions:DHCPOptions " +
    "wireguard:DeviceWireguardConfig vip:DeviceVIPConfig",
  DeviceVIPConfig: "ip equinixMetal:VIPEquinixMetalConfig hcloud:VIPHCloudConfig",
  DeviceWireguardConfig: "privateKey listenPort firewallMark peers:[DeviceWireguardPeer]",
  DeviceWireguardPeer: "publicKey endpoint persistentKeepaliveInterval allowedIPs",
  DiscoveryRegistriesConfig: "kubernetes:RegistryKubernetesConfig service:RegistryServiceConfig",
  DiskPartition: "size mountpoint",
  EncryptionConfig: "provider keys:[EncryptionKey] cipher keySize blockSize options",
  EncryptionKey: "static:EncryptionKeyStatic nodeID kms:EncryptionKeyKMS slot tpm:EncryptionKeyTPM",
  EncryptionKeyKMS: "endpoint",
  EncryptionKeyStatic: "passphrase",
  EncryptionKeyTPM: "checkSecurebootStatusOnEnroll",
  EtcdConfig: "image ca extraArgs subnet advertisedSubnets listenSubnets",
  ExternalCloudProviderConfig: "enabled manifests",
  ExtraHost: "ip aliases",
  ExtraMount: "destination type source options uidMappings:[LinuxIDMapping] gidMappings:[LinuxIDMapping]",
  FeaturesConfig:
    "rbac stableHostname kubernetesTalosAPIAccess:KubernetesTalosAPIAccessConfig apidCheckExtKeyUsage " +
    "diskQuotaSupport kubePrism:KubePrism hostDNS:HostDNSConfig imageCache:ImageCacheConfig " +
    "nodeAddressSortAlgorithm",
  FlannelCNIConfig: "extraArgs",
  HostDNSConfig: "enabled forwardKubeDNSToHost resolveMemberNames",
  ImageCacheConfig: "localEnabled",
  InstallConfig:
    "disk diskSelector:InstallDiskSelector extraKernelArgs image extensions:[InstallExtensionConfig] " +
    "bootloader wipe legacyBIOSSupport grubUseUKICmdline",
  InstallDiskSelector: "size name model serial modalias uuid wwid type busPath",
  InstallExtensionConfig: "image",
  KernelConfig: "modules:[KernelModuleConfig]",
  KernelModuleConfig: "name parameters",
  KubePrism: "enabled port",
  KubeSpanFilters: "endpoints",
  KubeletConfig:
    "image clusterDNS extraArgs extraMounts:[ExtraMount] extraConfig credentialProviderConfig " +
    "defaultRuntimeSeccompProfileEnabled registerWithFQDN nodeIP:KubeletNodeIPConfig " +
    "skipNodeRegistration disableManifestsDirectory",
  KubeletNodeIPConfig: "validSubnets",
  KubernetesTalosAPIAccessConfig: "enabled allowedRoles allowedKubernetesNamespaces",
  LinuxIDMapping: "containerID hostID size",
  LoggingConfig: "destinations:[LoggingDestination]",
  LoggingDestination: "endpoint format extraTags",
  MachineConfig:
    "type token ca acceptedCAs certSANs controlPlane:MachineControlPlaneConfig kubelet:KubeletConfig " +
    "pods network:NetworkConfig disks:[MachineDisk] install:InstallConfig files:[MachineFile] env " +
    "time:TimeConfig sysctls sysfs registries:RegistriesConfig " +
    "systemDiskEncryption:SystemDiskEncryptionConfig features:FeaturesConfig udev:UdevConfig " +
    "logging:LoggingConfig kernel:KernelConfig seccompProfiles:[MachineSeccompProfile] " +
    "baseRuntimeSpecOverrides nodeLabels nodeAnnotations nodeTaints",
  MachineControlPlaneConfig:
    "controllerManager:MachineControllerManagerConfig scheduler:MachineSchedulerConfig",
  MachineControllerManagerConfig: "disabled",
  MachineDisk: "device partitions:[DiskPartition]",
  MachineFile: "content permissions path op",
  MachineSchedulerConfig: "disabled",
  MachineSeccompProfile: "name value",
  NetworkConfig:
    "hostname interfaces:[Device] nameservers searchDomains extraHostEntries:[ExtraHost] " +
    "kubespan:NetworkKubeSpan disableSearchDomain",
  NetworkDeviceSelector: "busPath hardwareAddr permanentAddr pciID driver physical",
  NetworkKubeSpan:
    "enabled advertiseKubernetesNetworks allowDownPeerBypass harvestExtraEndpoints mtu " +
    "filters:KubeSpanFilters",
  ProxyConfig: "disabled image mode extraArgs",
  RegistriesConfig: "mirrors:{RegistryMirrorConfig} config:{RegistryConfig}",
  RegistryAuthConfig: "username password auth identityToken",
  RegistryConfig: "tls:RegistryTLSConfig auth:RegistryAuthConfig",
  RegistryKubernetesConfig: "disabled",
  RegistryMirrorConfig: "endpoints overridePath skipFallback",
  RegistryServiceConfig: "disabled endpoint",
  RegistryTLSConfig: "clientIdentity ca insecureSkipVerify",
  ResourcesConfig: "requests limits",
  Route: "network gateway source metric mtu",
  STP: "enabled",
  SchedulerConfig: "image extraArgs extraVolumes:[VolumeMountConfig] env resources:ResourcesConfig config",
  SystemDiskEncryptionConfig: "state:EncryptionConfig ephemeral:EncryptionConfig",
  TimeConfig: "disabled servers bootTimeout",
  UdevConfig: "rules",
  VIPEquinixMetalConfig: "apiToken",
  VIPHCloudConfig: "apiToken",
  Vlan: "addresses cidr routes:[Route] dhcp vlanId mtu vip:DeviceVIPConfig dhcpOptions:DHCPOptions",
  VolumeMountConfig: "hostPath mountPath readonly",
};
