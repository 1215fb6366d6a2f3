{{- /* cilium-config: the few keys that people look at, from the values as the real chart makes them. */ -}}
{{- define "cilium.config" -}}
cluster-name: {{ .Values.cluster.name | quote }}
cluster-id: {{ .Values.cluster.id | int | quote }}
ipam: {{ .Values.ipam.mode | quote }}
kube-proxy-replacement: {{ .Values.kubeProxyReplacement | toString | quote }}
cni-exclusive: {{ .Values.cni.exclusive | toString | quote }}
{{- with .Values.routingMode }}
routing-mode: {{ . | quote }}
{{- end }}
{{- with .Values.ipv4NativeRoutingCIDR }}
ipv4-native-routing-cidr: {{ . | quote }}
{{- end }}
{{- with .Values.k8sServiceHost }}
k8s-service-host: {{ . | quote }}
k8s-service-port: {{ $.Values.k8sServicePort | toString | quote }}
{{- end }}
enable-hubble: {{ .Values.hubble.enabled | toString | quote }}
enable-l2-announcements: {{ .Values.l2announcements.enabled | toString | quote }}
enable-bgp-control-plane: {{ .Values.bgpControlPlane.enabled | toString | quote }}
debug: {{ .Values.debug.enabled | toString | quote }}
{{- end -}}
