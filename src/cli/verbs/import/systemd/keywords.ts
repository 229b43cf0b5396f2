/**
 * The keywords of .socket and .service units of systemd, with what `import` does with each.
 *
 * @module
 */

import { type KeywordTable, NO_COUNTERPART, rowsOf } from "../keyword.ts";

const PROCESS = "it is a setting of the process; that of the engine is its own unit";
const ORDER = "the unit of the engine decides when it starts";
const KIND = "systemd-socket-proxyd forwards streams only";

/** Settings of processes, which units of several kinds have. */
const PROCESS_WORDS = "AllowedCPUs AllowedMemoryNodes AmbientCapabilities AppArmorProfile BPFProgram BindPaths " +
  "BindReadOnlyPaths BlockIOAccounting BlockIODeviceWeight BlockIOReadBandwidth BlockIOWeight " +
  "BlockIOWriteBandwidth CPUAccounting CPUAffinity CPUQuota CPUQuotaPeriodSec CPUSchedulingPolicy " +
  "CPUSchedulingPriority CPUSchedulingResetOnFork CPUShares CPUWeight CacheDirectory " +
  "CacheDirectoryAccounting CacheDirectoryMode CacheDirectoryQuota CapabilityBoundingSet " +
  "ConfigurationDirectory ConfigurationDirectoryMode CoredumpFilter CoredumpReceive DefaultMemoryLow " +
  "DefaultMemoryMin DefaultStartupMemoryLow Delegate DelegateNamespaces DelegateSubgroup DeviceAllow " +
  "DevicePolicy DisableControllers DynamicUser Environment EnvironmentFile ExecPaths ExecSearchPath " +
  "ExecStartPost ExecStartPre ExecStopPost ExtensionDirectories ExtensionImagePolicy ExtensionImages " +
  "FinalKillSignal Group IOAccounting IODeviceLatencyTargetSec IODeviceWeight IOReadBandwidthMax " +
  "IOReadIOPSMax IOSchedulingClass IOSchedulingPriority IOWeight IOWriteBandwidthMax IOWriteIOPSMax " +
  "IPAccounting IPAddressAllow IPAddressDeny IPCNamespacePath IPEgressFilterPath IPIngressFilterPath " +
  "IgnoreSIGPIPE ImportCredential InaccessibleDirectories InaccessiblePaths KeyringMode KillMode KillSignal " +
  "LimitAS LimitCORE LimitCPU LimitDATA LimitFSIZE LimitLOCKS LimitMEMLOCK LimitMSGQUEUE LimitNICE " +
  "LimitNOFILE LimitNPROC LimitRSS LimitRTPRIO LimitRTTIME LimitSIGPENDING LimitSTACK LoadCredential " +
  "LoadCredentialEncrypted LockPersonality LogExtraFields LogLevelMax LogNamespace LogRateLimitBurst " +
  "LogRateLimitIntervalSec LogsDirectory LogsDirectoryAccounting LogsDirectoryMode LogsDirectoryQuota " +
  "ManagedOOMMemoryPressure ManagedOOMMemoryPressureDurationSec ManagedOOMMemoryPressureLimit " +
  "ManagedOOMPreference ManagedOOMSwap MemoryAccounting MemoryDenyWriteExecute MemoryHigh MemoryKSM " +
  "MemoryLimit MemoryLow MemoryMax MemoryMin MemoryPressureThresholdSec MemoryPressureWatch MemorySwapMax " +
  "MemoryZSwapMax MemoryZSwapWriteback MountAPIVFS MountFlags MountImagePolicy MountImages NFTSet NUMAMask " +
  "NUMAPolicy NetworkNamespacePath Nice NoExecPaths NoNewPrivileges OOMScoreAdjust OpenFile PAMName " +
  "PassEnvironment Personality PrivateBPF PrivateDevices PrivateIPC PrivateMounts PrivateNetwork " +
  "PrivatePIDs PrivateTmp PrivateUsers ProcSubset ProtectClock ProtectControlGroups ProtectControlGroupsEx " +
  "ProtectHome ProtectHostname ProtectKernelLogs ProtectKernelModules ProtectKernelTunables ProtectProc " +
  "ProtectSystem ReadOnlyDirectories ReadOnlyPaths ReadWriteDirectories ReadWritePaths RemoveIPC " +
  "RestartKillSignal RestrictAddressFamilies RestrictFileSystems RestrictNamespaces " +
  "RestrictNetworkInterfaces RestrictRealtime RestrictSUIDSGID RootDirectory RootEphemeral RootHash " +
  "RootHashSignature RootImage RootImageOptions RootImagePolicy RootMStack RootVerity RuntimeDirectory " +
  "RuntimeDirectoryMode RuntimeDirectoryPreserve SELinuxContext SecureBits SendSIGHUP SendSIGKILL " +
  "SetCredential SetCredentialEncrypted SetLoginEnvironment Slice SmackProcessLabel SocketBindAllow " +
  "SocketBindDeny StandardError StandardInput StandardInputData StandardInputText StandardOutput " +
  "StartupAllowedCPUs StartupAllowedMemoryNodes StartupBlockIOWeight StartupCPUShares StartupCPUWeight " +
  "StartupIOWeight StartupMemoryHigh StartupMemoryLow StartupMemoryMax StartupMemorySwapMax " +
  "StartupMemoryZSwapMax StateDirectory StateDirectoryAccounting StateDirectoryMode StateDirectoryQuota " +
  "SupplementaryGroups SyslogFacility SyslogIdentifier SyslogLevel SyslogLevelPrefix " +
  "SystemCallArchitectures SystemCallErrorNumber SystemCallFilter SystemCallLog TTYColumns TTYPath TTYReset " +
  "TTYRows TTYVHangup TTYVTDisallocate TasksAccounting TasksMax TemporaryFileSystem TimeoutCleanSec " +
  "TimeoutSec TimerSlackNSec UMask UnsetEnvironment User UserNamespacePath UtmpIdentifier UtmpMode " +
  "WatchdogSignal WorkingDirectory";

const UNIT = rowsOf(
  "[Unit]",
  ["imported", "Description", "read"],
  [
    "left-out",
    "After AllowIsolate AssertACPower AssertArchitecture AssertCPUFeature AssertCPUPressure AssertCPUs " +
    "AssertCapability AssertControlGroupController AssertCredential AssertDirectoryNotEmpty AssertEnvironment " +
    "AssertFileIsExecutable AssertFileNotEmpty AssertFirstBoot AssertGroup AssertHost AssertIOPressure " +
    "AssertKernelCommandLine AssertKernelModuleLoaded AssertKernelVersion AssertMemory AssertMemoryPressure " +
    "AssertNeedsUpdate AssertOSRelease AssertPathExists AssertPathExistsGlob AssertPathIsDirectory " +
    "AssertPathIsEncrypted AssertPathIsMountPoint AssertPathIsReadWrite AssertPathIsSocket " +
    "AssertPathIsSymbolicLink AssertSecurity AssertUser AssertVersion AssertVirtualization Before BindTo " +
    "BindsTo CollectMode ConditionACPower ConditionArchitecture ConditionCPUFeature ConditionCPUPressure " +
    "ConditionCPUs ConditionCapability ConditionControlGroupController ConditionCredential " +
    "ConditionDirectoryNotEmpty ConditionEnvironment ConditionFileIsExecutable ConditionFileNotEmpty " +
    "ConditionFirmware ConditionFirstBoot ConditionGroup ConditionHost ConditionIOPressure " +
    "ConditionKernelCommandLine ConditionKernelModuleLoaded ConditionKernelVersion ConditionMemory " +
    "ConditionMemoryPressure ConditionNeedsUpdate ConditionOSRelease ConditionPathExists " +
    "ConditionPathExistsGlob ConditionPathIsDirectory ConditionPathIsEncrypted ConditionPathIsMountPoint " +
    "ConditionPathIsReadWrite ConditionPathIsSocket ConditionPathIsSymbolicLink ConditionSecurity " +
    "ConditionUser ConditionVersion ConditionVirtualization Conflicts DefaultDependencies Documentation " +
    "FailureAction FailureActionExitStatus IgnoreOnIsolate JobRunningTimeoutSec JobTimeoutAction " +
    "JobTimeoutRebootArgument JobTimeoutSec JoinsNamespaceOf OnFailure OnFailureIsolate OnFailureJobMode " +
    "OnSuccess OnSuccessJobMode PartOf PropagateReloadFrom PropagateReloadTo PropagatesReloadTo " +
    "PropagatesStopTo RebootArgument RefuseManualStart RefuseManualStop ReloadPropagatedFrom Requires " +
    "RequiresMountsFor RequiresOverridable Requisite RequisiteOverridable SourcePath StartLimitAction " +
    "StartLimitBurst StartLimitInterval StartLimitIntervalSec StopPropagatedFrom StopWhenUnneeded " +
    "SuccessAction SuccessActionExitStatus SurviveFinalKillSignal Upholds Wants WantsMountsFor",
    ORDER,
  ],
);

const SOCKET = rowsOf(
  "[Socket]",
  ["imported", "ListenStream", "bind; a port alone is [::]:PORT"],
  ["imported", "Service", "the service that is read"],
  ["imported", "Accept", "no; with yes, the unit is left out"],
  ["imported", "Backlog", "listen"],
  ["imported", "BindIPv6Only", "setopt: { IPV6_V6ONLY }"],
  ["imported", "SocketMode", "setconfig: { mode }"],
  [
    "imported",
    "KeepAlive KeepAliveTimeSec KeepAliveIntervalSec KeepAliveProbes NoDelay",
    "accept: { messages: [setopt …] }",
  ],
  [
    "imported",
    "ReceiveBuffer SendBuffer IPTOS IPTTL Mark Priority FreeBind ReusePort DeferAcceptSec Broadcast",
    "setopt",
  ],
  ["imported", "RemoveOnStop", "a path is removed when its socket is closed"],
  [
    "left-out",
    "SocketUser SocketGroup DirectoryMode Symlinks",
    "a path has the owner of the engine; setconfig: { mode } sets its permissions",
  ],
  [
    "left-out",
    "FileDescriptorName FlushPending TriggerLimitBurst TriggerLimitIntervalSec PollLimitBurst PollLimitIntervalSec MaxConnections MaxConnectionsPerSource PassFileDescriptorsToExec DeferTrigger DeferTriggerMaxSec ExecStopPre",
    "it is about starting the service, which runs always here",
  ],
  [
    "left-out",
    "PassCredentials PassPIDFD PassPacketInfo PassSecurity AcceptFileDescriptors Timestamping TCPCongestion PipeSize Writable MessageQueueMaxMessages MessageQueueMessageSize SmackLabel SmackLabelIPIn SmackLabelIPOut SELinuxContextFromNet XAttrEntryPoint XAttrListen XAttrAccept",
    NO_COUNTERPART,
  ],
  ["refused", "BindToDevice Transparent", "without it other clients would be admitted, and it has no counterpart"],
  [
    "refused",
    "ListenDatagram ListenSequentialPacket ListenFIFO ListenSpecial ListenNetlink ListenMessageQueue ListenUSBFunction SocketProtocol",
    KIND,
  ],
  ["left-out", PROCESS_WORDS, PROCESS],
);

const SERVICE = rowsOf(
  "[Service]",
  ["imported", "ExecStart", "accept: { connect }"],
  [
    "left-out",
    "BusName ExecCondition ExecReload ExecStop ExitType ExtraFileDescriptors FailureAction " +
    "FileDescriptorStoreMax FileDescriptorStorePreserve GuessMainPID NonBlocking NotifyAccess OOMPolicy " +
    "PIDFile PermissionsStartOnly RebootArgument RefreshOnReload ReloadSignal RemainAfterExit Restart " +
    "RestartForceExitStatus RestartMaxDelaySec RestartMode RestartPreventExitStatus RestartSec RestartSteps " +
    "RootDirectoryStartOnly RuntimeMaxSec RuntimeRandomizedExtraSec Sockets StartLimitAction StartLimitBurst " +
    "StartLimitInterval SuccessExitStatus TimeoutAbortSec TimeoutStartFailureMode TimeoutStartSec " +
    "TimeoutStopFailureMode TimeoutStopSec Type USBFunctionDescriptors USBFunctionStrings WatchdogSec",
    PROCESS,
  ],
  ["left-out", PROCESS_WORDS, PROCESS],
);

const INSTALL = rowsOf("[Install]", ["left-out", "Alias Also DefaultInstance RequiredBy WantedBy", ORDER]);

const PROXYD = rowsOf(
  "systemd-socket-proxyd",
  ["imported", "connections-max c", "accept: { max, overflow: refuse }; 256 by default"],
  ["left-out", "exit-idle-time", "the engine runs always"],
  ["left-out", "help h version", "it ends the program"],
);

/** All keywords. */
export const SYSTEMD_KEYWORDS: KeywordTable = {
  program: "systemd",
  rows: [...UNIT, ...SOCKET, ...SERVICE, ...INSTALL, ...PROXYD],
};
